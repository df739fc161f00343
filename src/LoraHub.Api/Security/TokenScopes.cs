using System.Security.Claims;

namespace LoraHub.Api.Security;

/// <summary>What a token may be used for.</summary>
public enum TokenScope
{
    /// <summary>To look: predictions, files, modules. Every other scope has it.</summary>
    Read,

    /// <summary>To run and cancel predictions, and to upload files for them.</summary>
    Predict,

    /// <summary>To publish modules, and to delete those that it has published.</summary>
    Publish,

    /// <summary>All of that, with the modules of others, and quarantine.</summary>
    Admin,
}

/// <summary>What a request wants its token to have: what its route says, else what its method does.</summary>
static class TokenScopes
{
    public const string Rule = "must name one or more of read, predict, publish and admin.";

    const string ClaimType = "scope";

    static readonly IReadOnlyList<string> Default = [Word(TokenScope.Read), Word(TokenScope.Predict)];

    /// <summary>The routes want a scope that their method does not tell.</summary>
    public static TBuilder WithScope<TBuilder>(this TBuilder routes, TokenScope scope)
        where TBuilder : IEndpointConventionBuilder => routes.WithMetadata(new Wanted(scope));

    /// <param name="token">Of settings that are valid.</param>
    public static IEnumerable<Claim> Claims(TokenOptions token) => (token.Scopes ?? Default).Select(word => new Claim(ClaimType, $"{Read(word)}"));

    /// <returns>Null when the word is no scope.</returns>
    public static TokenScope? Read(string word) => Enum.GetValues<TokenScope>().Cast<TokenScope?>().FirstOrDefault(scope => Word(scope!.Value) == word);

    /// <summary>The scope that the request wants and its token does not have, or null.</summary>
    public static TokenScope? Missing(HttpContext http)
    {
        var method = http.Request.Method;
        var isRead = HttpMethods.IsGet(method) || HttpMethods.IsHead(method) || HttpMethods.IsOptions(method) || method.Equals("QUERY", StringComparison.OrdinalIgnoreCase);
        var wanted = http.GetEndpoint()?.Metadata.GetMetadata<Wanted>()?.Scope ?? (isRead ? TokenScope.Read : TokenScope.Predict);
        return Has(http.User, wanted) ? null : wanted;
    }

    /// <summary>Whether the caller may do what only admins may; all may where there are no tokens.</summary>
    public static bool IsAdmin(this HttpContext http) =>
        !http.RequestServices.GetRequiredService<Tokens>().Any || Has(http.User, TokenScope.Admin);

    public static string Lacks(TokenScope scope) => $"Your token lacks the scope `{Word(scope)}`; Auth:Tokens of the service's settings gives each token its Scopes.";

    public static string Word(TokenScope scope) => $"{scope}".ToLowerInvariant();

    static bool Has(ClaimsPrincipal user, TokenScope wanted) =>
        user.Claims.Any(claim => claim.Type == ClaimType && (claim.Value == $"{wanted}" || claim.Value == nameof(TokenScope.Admin) || wanted == TokenScope.Read));

    sealed record Wanted(TokenScope Scope);
}
