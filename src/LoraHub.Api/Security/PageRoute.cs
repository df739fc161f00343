namespace LoraHub.Api.Security;

/// <summary>
/// Marks a route of the pages: a browser has no header with a token but a cookie (<see cref="PageCookie"/>), and is asked to sign in instead of
/// getting a 401.
/// </summary>
sealed record PageRoute
{
    public const string SignIn = "/sign-in";

    public static bool Covers(HttpContext http) => Covers(http.GetEndpoint()) || http.Features.Get<PageRoute>() is not null;

    public static bool Covers(Endpoint? endpoint) => endpoint?.Metadata.GetMetadata<PageRoute>() is not null;

    /// <summary>Marks an answer as a page where no route of a page was found, or no longer is: with errors.</summary>
    public static void Mark(HttpContext http) => http.Features.Set(new PageRoute());
}

/// <summary>Marks the route that takes tokens from everybody (<see cref="RateLimitOptions.SignInsPerMinute"/>).</summary>
sealed record TakesTokens;
