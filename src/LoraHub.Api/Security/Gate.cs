using System.Security.Claims;
using LoraHub.Api.Cog;
using LoraHub.Api.Configuration;
using LoraHub.Api.Http;
using LoraHub.Api.Replicate;
using Microsoft.AspNetCore.Authorization;
using Microsoft.Extensions.Options;

namespace LoraHub.Api.Security;

/// <summary>
/// Who asks, and whether they may. Decided by the path, so that a path without a route says as little as one with a route. The framework's own authorization
/// knows two refusals, 401 and 403; here the front that is asked has its own, or is not there at all.
/// </summary>
static class Gate
{
    const string Unauthenticated = "You did not pass a valid authentication token";

    const string OtherSite = "A web page of another site may not ask here; Api:CorsOrigins names those that may.";

    /// <summary>Gives the request its token's name, as <c>HttpContext.User.Identity.Name</c>; without a token that is ours the name stays null.</summary>
    public static void UseCallers(this WebApplication app)
    {
        var tokens = app.Services.GetRequiredService<Tokens>();
        app.Use((http, next) =>
        {
            if (tokens.Of(http.Request) is { } token)
            {
                http.User = new ClaimsPrincipal(new ClaimsIdentity([new Claim(ClaimTypes.Name, token.Name), .. TokenScopes.Claims(token)], authenticationType: "Bearer"));
            }

            return next(http);
        });
    }

    /// <summary>Refuses who may not ask. Routes that are marked <see cref="IAllowAnonymous"/> are open: a URL that nobody can guess is its own permission.</summary>
    public static void UseGate(this WebApplication app)
    {
        var hasTokens = app.Services.GetRequiredService<Tokens>().Any;
        var bare = app.Services.GetRequiredService<IOptions<AuthOptions>>().Value.Bare;
        var origins = app.Services.GetRequiredService<IOptions<ApiOptions>>().Value.CorsOrigins;
        app.Use((http, next) => (Refuse(http, hasTokens, bare) ?? RefusePage(http, origins)) is { } refusal ? refusal.ExecuteAsync(http) : next(http));
    }

    static IResult? Refuse(HttpContext http, bool hasTokens, BareAccess bare)
    {
        if (http.GetEndpoint()?.Metadata.GetMetadata<IAllowAnonymous>() is not null)
        {
            return null;
        }

        var isKnown = http.User.Identity is { IsAuthenticated: true };
        if (ErrorAnswers.IsReplicate(http))
        {
            return !hasTokens ? null
                : !isKnown ? Challenge(http, Problems.Because(StatusCodes.Status401Unauthorized, "Unauthenticated", Unauthenticated))
                : TokenScopes.Missing(http) is { } missing ? Problems.Because(StatusCodes.Status403Forbidden, "Forbidden", TokenScopes.Lacks(missing))
                : null;
        }

        return bare switch
        {
            BareAccess.Off => TypedResults.StatusCode(StatusCodes.Status404NotFound),
            BareAccess.Loopback when !Peer.IsLocal(http.Request) => CogErrors.Failure(StatusCodes.Status403Forbidden, "Only programs on this machine may ask here."),
            BareAccess.Token when !isKnown => Challenge(http, CogErrors.Failure(StatusCodes.Status401Unauthorized, Unauthenticated)),
            BareAccess.Token when TokenScopes.Missing(http) is { } missing => CogErrors.Failure(StatusCodes.Status403Forbidden, TokenScopes.Lacks(missing)),
            _ => null,
        };
    }

    /// <summary>
    /// A browser asks no leave for a POST without a type, which runs a prediction on Cog's paths, or with a form, which uploads a file; so any web page could
    /// send them from the browser of someone who has this service on their machine. But the browser says that they come from another site.
    /// </summary>
    static IResult? RefusePage(HttpContext http, IReadOnlyList<string> origins)
    {
        var request = http.Request;
        var isOthers = request.Headers["Sec-Fetch-Site"] == "cross-site" && !origins.Contains("*") && !origins.Contains(request.Headers.Origin.ToString());
        if (!isOthers || HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method))
        {
            return null;
        }

        return ErrorAnswers.IsReplicate(http)
            ? Problems.Because(StatusCodes.Status403Forbidden, "Forbidden", OtherSite)
            : CogErrors.Failure(StatusCodes.Status403Forbidden, OtherSite);
    }

    static IResult Challenge(HttpContext http, IResult answer)
    {
        http.Response.Headers.WWWAuthenticate = "Bearer";
        return answer;
    }
}
