namespace LoraHub.Api.Http;

static class SecurityHeaders
{
    /// <summary>
    /// Adds headers that restrict what a browser does with a response. Pages under <paramref name="pages"/> may run their own scripts.
    /// Keeps a Content-Security-Policy that the route has set.
    /// </summary>
    public static void UseSecurityHeaders(this WebApplication app, string pages) => app.Use((http, next) =>
    {
        // Set just before the response starts, since the exception handler clears all headers.
        http.Response.OnStarting(() =>
        {
            var headers = http.Response.Headers;
            headers.XContentTypeOptions = "nosniff";
            headers["Referrer-Policy"] = "no-referrer";
            if (headers.ContentSecurityPolicy.Count == 0)
            {
                headers.ContentSecurityPolicy = http.Request.Path.StartsWithSegments(pages, StringComparison.OrdinalIgnoreCase)
                    ? "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; frame-ancestors 'none'"
                    : "default-src 'none'; frame-ancestors 'none'";
            }

            return Task.CompletedTask;
        });
        return next(http);
    });
}
