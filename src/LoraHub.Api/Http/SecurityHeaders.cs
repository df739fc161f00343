namespace LoraHub.Api.Http;

static class SecurityHeaders
{
    /// <summary>
    /// Headers that keep a browser from making more of an answer than it is; pages of our own (<paramref name="pages"/>) may run their scripts. A route whose answer
    /// must do less than others has set a policy of its own.
    /// </summary>
    public static void UseSecurityHeaders(this WebApplication app, string pages) => app.Use((http, next) =>
    {
        // At the last moment: the answer to an unexpected failure begins with no headers at all.
        http.Response.OnStarting(() =>
        {
            var headers = http.Response.Headers;
            headers.XContentTypeOptions = "nosniff";
            headers["Referrer-Policy"] = "no-referrer";
            headers.ContentSecurityPolicy = headers.ContentSecurityPolicy.Count > 0 ? headers.ContentSecurityPolicy : http.Request.Path.StartsWithSegments(pages, StringComparison.OrdinalIgnoreCase)
                ? "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; frame-ancestors 'none'"
                : "default-src 'none'; frame-ancestors 'none'";
            return Task.CompletedTask;
        });
        return next(http);
    });
}
