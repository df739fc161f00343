using LoraHub.Api.Cog;
using LoraHub.Api.Replicate;
using Microsoft.AspNetCore.Diagnostics;

namespace LoraHub.Api.Http;

/// <summary>Answers where no handler did, in the shape of the front that was asked.</summary>
static partial class ErrorAnswers
{
    const string Unexpected = "The request failed unexpectedly; the service's log says more.";

    public static void UseErrorAnswers(this WebApplication app)
    {
        app.Use((http, next) => CutShortAsync(http, next, app.Logger));
        app.UseExceptionHandler(new ExceptionHandlerOptions
        {
            ExceptionHandler = http => ExplainUnexpectedAsync(http, app.Logger),
            SuppressDiagnosticsCallback = _ => true, // it would write the exception's message
        });

        // Cog leaves these bodies empty.
        app.UseStatusCodePages(pages => IsReplicate(pages.HttpContext) ? ExplainAsync(pages.HttpContext)
            : AsksForList(pages.HttpContext) ? CogErrors.NoList().ExecuteAsync(pages.HttpContext)
            : Task.CompletedTask);
    }

    /// <summary>Whether the front that is asked is Replicate's.</summary>
    public static bool IsReplicate(HttpContext http) => http.Request.Path.StartsWithSegments("/v1", StringComparison.OrdinalIgnoreCase);

    /// <summary>An answer that has begun can only be cut short; what is thrown would go to the server's own log, message and all.</summary>
    static async Task CutShortAsync(HttpContext http, RequestDelegate next, ILogger logger)
    {
        try
        {
            await next(http);
        }
        catch (Exception exception) when (http.Response.HasStarted && !http.RequestAborted.IsCancellationRequested)
        {
            LogUnexpected(logger, exception.GetType(), exception.StackTrace);
            http.Abort();
        }
    }

    static Task ExplainUnexpectedAsync(HttpContext http, ILogger logger)
    {
        var exception = http.Features.Get<IExceptionHandlerFeature>()!.Error;
        LogUnexpected(logger, exception.GetType(), exception.StackTrace);
        var answer = IsReplicate(http)
            ? Problems.Because(StatusCodes.Status500InternalServerError, "Internal server error", Unexpected)
            : CogErrors.Failure(StatusCodes.Status500InternalServerError, Unexpected);
        return answer.ExecuteAsync(http);
    }

    static bool AsksForList(HttpContext http) =>
        http.Response.StatusCode == StatusCodes.Status405MethodNotAllowed && http.Request.Path == "/predictions" && HttpMethods.IsGet(http.Request.Method);

    static Task ExplainAsync(HttpContext http) => (http.Response.StatusCode switch
    {
        StatusCodes.Status404NotFound => Problems.NotFound(),
        StatusCodes.Status405MethodNotAllowed => Problems.Because(StatusCodes.Status405MethodNotAllowed, null, "This method is not allowed here; see the header Allow."),
        var other => Problems.Because(other, null, "The request cannot be answered."),
    }).ExecuteAsync(http);

    // Without the exception's message: that may quote what the client sent.
    [LoggerMessage(LogLevel.Error, "A request failed unexpectedly: {ExceptionType}\n{StackTrace}")]
    static partial void LogUnexpected(ILogger logger, Type exceptionType, string? stackTrace);
}
