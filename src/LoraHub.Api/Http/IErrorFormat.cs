namespace LoraHub.Api.Http;

/// <summary>Writes the errors of one API, Cog's or Replicate's, or of the pages. Each registers its own format.</summary>
interface IErrorFormat
{
    /// <summary>Whether the request gets errors in this format. Where several cover it, the one that was registered last does.</summary>
    bool Covers(HttpContext http);

    /// <param name="title">A short name for the kind of error, or null.</param>
    IResult Error(HttpContext http, int statusCode, string? title, string detail);

    /// <summary>Creates the body of an error that no handler wrote, such as for a path without a route.</summary>
    /// <returns>The body, or null to leave it empty.</returns>
    IResult? Unhandled(HttpContext http);
}

static class ErrorFormats
{
    /// <summary>The error format that covers the request.</summary>
    public static IErrorFormat ErrorFormat(this HttpContext http) =>
        http.RequestServices.GetServices<IErrorFormat>().Last(format => format.Covers(http));

    /// <summary>Creates an error in the format that covers the request.</summary>
    /// <inheritdoc cref="IErrorFormat.Error" path="/param"/>
    public static IResult Error(this HttpContext http, int statusCode, string? title, string detail) =>
        http.ErrorFormat().Error(http, statusCode, title, detail);
}
