using LoraHub.Api.Http;

namespace LoraHub.Api.Replicate;

/// <summary>Writes errors as problem details, which Replicate's clients expect, on all paths that are not Cog's.</summary>
sealed class ReplicateErrorFormat : IErrorFormat
{
    public bool Covers(HttpContext http) => !BarePaths.Covers(http.Request.Path);

    public IResult Error(HttpContext http, int statusCode, string? title, string detail) => Problems.Because(statusCode, title, detail);

    public IResult Unhandled(HttpContext http) => http.Response.StatusCode switch
    {
        StatusCodes.Status404NotFound => Problems.NotFound(),
        StatusCodes.Status405MethodNotAllowed => Problems.Because(
            StatusCodes.Status405MethodNotAllowed, null, "This method is not allowed; see the Allow header."),
        var other => Problems.Because(other, null, "The request cannot be answered."),
    };
}
