using LoraHub.Api.Cog;
using LoraHub.Api.Replicate;

namespace LoraHub.Api.Http;

/// <summary>Answers where no handler did, in the shape of the front that was asked.</summary>
static class ErrorAnswers
{
    const string Unexpected = "The request failed unexpectedly; the service's log says more.";

    public static void UseErrorAnswers(this WebApplication app)
    {
        app.UseExceptionHandler(handler => handler.Run(http =>
        {
            var answer = IsReplicate(http)
                ? Problems.Because(StatusCodes.Status500InternalServerError, "Internal server error", Unexpected)
                : CogErrors.Failure(StatusCodes.Status500InternalServerError, Unexpected);
            return answer.ExecuteAsync(http);
        }));

        // Cog leaves these bodies empty.
        app.UseStatusCodePages(pages => IsReplicate(pages.HttpContext) ? ExplainAsync(pages.HttpContext)
            : AsksForList(pages.HttpContext) ? CogErrors.NoList().ExecuteAsync(pages.HttpContext)
            : Task.CompletedTask);
    }

    static bool IsReplicate(HttpContext http) => http.Request.Path.StartsWithSegments("/v1", StringComparison.OrdinalIgnoreCase);

    static bool AsksForList(HttpContext http) =>
        http.Response.StatusCode == StatusCodes.Status405MethodNotAllowed && http.Request.Path == "/predictions" && HttpMethods.IsGet(http.Request.Method);

    static Task ExplainAsync(HttpContext http) => (http.Response.StatusCode switch
    {
        StatusCodes.Status404NotFound => Problems.NotFound(),
        StatusCodes.Status405MethodNotAllowed => Problems.Because(StatusCodes.Status405MethodNotAllowed, null, "This method is not allowed here; see the header Allow."),
        var other => Problems.Because(other, null, "The request cannot be answered."),
    }).ExecuteAsync(http);
}
