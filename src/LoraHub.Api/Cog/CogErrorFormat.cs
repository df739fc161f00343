using LoraHub.Api.Http;

namespace LoraHub.Api.Cog;

/// <summary>Writes errors of the paths that a Cog container has as it does.</summary>
sealed class CogErrorFormat : IErrorFormat
{
    static readonly PathString[] Paths = ["/predictions", "/trainings", "/health-check", "/openapi.json", "/shutdown"];

    public static bool Owns(PathString path) =>
        path.Value is null or "" or "/" || Array.Exists(Paths, own => path.StartsWithSegments(own, StringComparison.OrdinalIgnoreCase));

    public bool Covers(PathString path) => Owns(path);

    public IResult Error(int statusCode, string? title, string detail) => CogErrors.Failure(statusCode, detail);

    /// <summary>Leaves the body empty as Cog does, except for a list request.</summary>
    public IResult? Unhandled(HttpContext http) => IsListRequest(http) ? CogErrors.NoList() : null;

    static bool IsListRequest(HttpContext http) =>
        http.Response.StatusCode == StatusCodes.Status405MethodNotAllowed
        && http.Request.Path == "/predictions"
        && HttpMethods.IsGet(http.Request.Method);
}
