namespace LoraHub.Api.Http;

static class SecurityHeaders
{
    /// <summary>
    /// Adds headers that restrict what a browser does with a response. Pages under <paramref name="docs"/> may run their own scripts and styles,
    /// other pages only the files of this service. Keeps a Content-Security-Policy that the route has set.
    /// </summary>
    /// <param name="isPage">Whether the request is for a page.</param>
    public static void UseSecurityHeaders(this WebApplication app, string docs, Func<HttpContext, bool> isPage) => app.Use((http, next) =>
    {
        // Set just before the response starts, since the exception handler clears all headers.
        http.Response.OnStarting(() =>
        {
            var headers = http.Response.Headers;
            headers.XContentTypeOptions = "nosniff";
            headers["Referrer-Policy"] = isPage(http) ? "same-origin" : "no-referrer"; // with the latter, browsers send forms with `Origin: null`
            if (headers.ContentSecurityPolicy.Count == 0)
            {
                headers.ContentSecurityPolicy = http.Request.Path.StartsWithSegments(docs, StringComparison.OrdinalIgnoreCase)
                    ? "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; frame-ancestors 'none'"
                    : isPage(http)
                    ? "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
                    : "default-src 'none'; frame-ancestors 'none'";
            }

            return Task.CompletedTask;
        });
        return next(http);
    });
}
