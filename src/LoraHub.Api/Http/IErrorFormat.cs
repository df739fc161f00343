namespace LoraHub.Api.Http;

/// <summary>Writes the errors of one API, Cog's or Replicate's. Each API registers its own format.</summary>
interface IErrorFormat
{
    /// <summary>Whether requests to this path get errors in this format. Exactly one format covers each path.</summary>
    bool Covers(PathString path);

    /// <param name="title">A short name for the kind of error, or null.</param>
    IResult Error(int statusCode, string? title, string detail);

    /// <summary>Creates the body of an error that no handler wrote, such as for a path without a route.</summary>
    /// <returns>The body, or null to leave it empty.</returns>
    IResult? Unhandled(HttpContext http);
}

static class ErrorFormats
{
    /// <summary>The error format that covers the request's path.</summary>
    public static IErrorFormat ErrorFormat(this HttpContext http) =>
        http.RequestServices.GetServices<IErrorFormat>().Single(format => format.Covers(http.Request.Path));

    /// <summary>Creates an error in the format that covers the request's path.</summary>
    /// <inheritdoc cref="IErrorFormat.Error" path="/param"/>
    public static IResult Error(this HttpContext http, int statusCode, string? title, string detail) =>
        http.ErrorFormat().Error(statusCode, title, detail);
}
