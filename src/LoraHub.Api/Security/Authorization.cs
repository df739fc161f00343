using LoraHub.Api.Http;
using Microsoft.AspNetCore.Authorization;
using Microsoft.Extensions.Options;

namespace LoraHub.Api.Security;

/// <summary>
/// Authenticates and authorizes requests. It decides by path, so that a path without a route reveals as little as one with a route. The
/// framework's authorization supports only 401 and 403; here each API has its own error format, and disabled bare paths answer 404.
/// </summary>
static class Authorization
{
    const string Unauthenticated = "You did not pass a valid authentication token";

    /// <summary>Sets <c>HttpContext.User.Identity.Name</c> to the name of the request's token; it stays null without a valid token.</summary>
    public static void UseTokenAuthentication(this WebApplication app)
    {
        var tokens = app.Services.GetRequiredService<Tokens>();
        var cookie = app.Services.GetRequiredService<PageCookie>();
        app.Use((http, next) =>
        {
            if ((PageRoute.Covers(http) ? tokens.Of(cookie.TokenOf(http.Request)) : tokens.Of(http.Request)) is { } token)
            {
                http.User = TokenScopes.Principal(token);
            }

            return next(http);
        });
    }

    /// <summary>Refuses requests that are not allowed. Routes with <see cref="IAllowAnonymous"/> are open: their URLs cannot be guessed.</summary>
    public static void UseRequestAuthorization(this WebApplication app)
    {
        var hasTokens = app.Services.GetRequiredService<Tokens>().Any;
        var bare = app.Services.GetRequiredService<IOptions<AuthOptions>>().Value.Bare;
        app.Use((http, next) => Refuse(http, hasTokens, bare) is { } refusal ? refusal.ExecuteAsync(http) : next(http));
    }

    static IResult? Refuse(HttpContext http, bool hasTokens, BareAccess bare)
    {
        if (http.GetEndpoint()?.Metadata.GetMetadata<IAllowAnonymous>() is not null)
        {
            return null;
        }

        if (PageRoute.Covers(http))
        {
            return hasTokens ? RefusePage(http) : null;
        }

        if (V1.Covers(http.Request.Path))
        {
            return hasTokens ? RefuseToken(http) : null;
        }

        return bare switch
        {
            BareAccess.Off => TypedResults.StatusCode(StatusCodes.Status404NotFound),
            BareAccess.Loopback when !RequestOrigin.IsLocal(http.Request) => Forbid(http, "Only programs on this machine may use this path."),
            BareAccess.Token => RefuseToken(http),
            _ => null,
        };
    }

    /// <summary>Refuses a request without a valid token, or with a token that lacks the required scope.</summary>
    static IResult? RefuseToken(HttpContext http)
    {
        if (http.User.Identity is not { IsAuthenticated: true })
        {
            http.Response.Headers.WWWAuthenticate = "Bearer";
            return http.Error(StatusCodes.Status401Unauthorized, "Unauthenticated", Unauthenticated);
        }

        return TokenScopes.Missing(http) is { } missing ? Forbid(http, TokenScopes.Lacks(missing)) : null;
    }

    /// <summary>Asks a visitor without a token to sign in, and then shows the page that they wanted.</summary>
    static IResult? RefusePage(HttpContext http)
    {
        if (http.User.Identity is { IsAuthenticated: true })
        {
            return TokenScopes.Missing(http) is { } missing ? Forbid(http, TokenScopes.Lacks(missing)) : null;
        }

        PageCookie.DeleteFrom(http); // its token was removed, or it has expired
        var wanted = TokenScopes.IsRead(http.Request) ? $"{http.Request.Path}{http.Request.QueryString}" : "/";
        return TypedResults.LocalRedirect($"{PageRoute.SignIn}?return={Uri.EscapeDataString(wanted)}");
    }

    static IResult Forbid(HttpContext http, string detail) => http.Error(StatusCodes.Status403Forbidden, "Forbidden", detail);
}
