using LoraHub.Api.Http;

namespace LoraHub.Api.Cog;

/// <summary>Writes errors as a Cog container does.</summary>
sealed class CogErrorFormat : IErrorFormat
{
    public bool Covers(HttpContext http) => BarePaths.Covers(http.Request.Path);

    public IResult Error(HttpContext http, int statusCode, string? title, string detail) => CogErrors.Failure(statusCode, detail);

    /// <summary>Leaves the body empty as Cog does, except for a list request.</summary>
    public IResult? Unhandled(HttpContext http) => IsListRequest(http) ? CogErrors.NoList() : null;

    static bool IsListRequest(HttpContext http) =>
        http.Response.StatusCode == StatusCodes.Status405MethodNotAllowed
        && http.Request.Path == "/predictions"
        && HttpMethods.IsGet(http.Request.Method);
}
