namespace LoraHub.Api.Security;

/// <summary>
/// Marks a route of the pages: a browser has no header with a token but a cookie (<see cref="PageCookie"/>), and is asked to sign in instead of
/// getting a 401.
/// </summary>
sealed record PageRoute
{
    public const string SignIn = "/sign-in";

    public static bool Covers(HttpContext http) => http.GetEndpoint()?.Metadata.GetMetadata<PageRoute>() is not null;
}
