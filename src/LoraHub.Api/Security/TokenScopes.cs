using System.Security.Claims;

namespace LoraHub.Api.Security;

/// <summary>What a token permits.</summary>
public enum TokenScope
{
    /// <summary>Reading predictions, files and modules. Every other scope includes it.</summary>
    Read,

    /// <summary>Running and canceling predictions, and uploading files for them.</summary>
    Predict,

    /// <summary>Publishing modules, creating models and deployments, and changing those that the token has published or created.</summary>
    Publish,

    /// <summary>All of these for every module, and quarantine.</summary>
    Admin,
}

/// <summary>Checks that a token has the scope that a request requires: the route's, or else the default for its method.</summary>
static class TokenScopes
{
    public const string Rule = "must name one or more of read, predict, publish and admin.";

    const string ClaimType = "scope";

    static readonly IReadOnlyList<string> Default = [Word(TokenScope.Read), Word(TokenScope.Predict)];

    /// <summary>Requires a scope other than the default for the method; all of them, if called several times.</summary>
    public static TBuilder WithScope<TBuilder>(this TBuilder routes, TokenScope scope)
        where TBuilder : IEndpointConventionBuilder => routes.WithMetadata(new RequiredScope(scope));

    /// <summary>The caller with a token: its name and its scopes.</summary>
    /// <param name="token">Of validated settings.</param>
    public static ClaimsPrincipal Principal(TokenOptions token) => new(new ClaimsIdentity(
        [new Claim(ClaimTypes.Name, token.Name), .. (token.Scopes ?? Default).Select(word => new Claim(ClaimType, $"{Read(word)}"))],
        authenticationType: "Bearer"));

    /// <returns>Null when the word is not a scope.</returns>
    public static TokenScope? Read(string word) =>
        Enum.GetValues<TokenScope>().Cast<TokenScope?>().FirstOrDefault(scope => Word(scope!.Value) == word);

    /// <summary>The scope that the request requires and its token lacks, or null.</summary>
    public static TokenScope? Missing(HttpContext http)
    {
        var required = http.GetEndpoint()?.Metadata.GetOrderedMetadata<RequiredScope>() ?? [];
        IEnumerable<TokenScope> needed = required.Count > 0
            ? required.Select(one => one.Scope)
            : [IsRead(http.Request) ? TokenScope.Read : TokenScope.Predict];
        return needed.Where(scope => !Has(http.User, scope)).Cast<TokenScope?>().FirstOrDefault();
    }

    /// <summary>Whether the request changes nothing.</summary>
    public static bool IsRead(HttpRequest request) =>
        HttpMethods.IsGet(request.Method)
        || HttpMethods.IsHead(request.Method)
        || HttpMethods.IsOptions(request.Method)
        || request.Method.Equals("QUERY", StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether the caller is an admin. Without tokens in the settings, every caller is.</summary>
    public static bool IsAdmin(this HttpContext http) =>
        !http.RequestServices.GetRequiredService<Tokens>().Any || Has(http.User, TokenScope.Admin);

    public static string Lacks(TokenScope scope) =>
        $"Your token lacks the scope `{Word(scope)}`; the Scopes of each token are in the service's setting Auth:Tokens.";

    public static string Word(TokenScope scope) => $"{scope}".ToLowerInvariant();

    public static bool Has(ClaimsPrincipal user, TokenScope needed) => user.Claims.Any(claim =>
        claim.Type == ClaimType
        && (claim.Value == $"{needed}" || claim.Value == nameof(TokenScope.Admin) || needed == TokenScope.Read));

    sealed record RequiredScope(TokenScope Scope);
}
