using System.ComponentModel.DataAnnotations;
using System.Text.RegularExpressions;

namespace LoraHub.Api.Security;

/// <summary>Who may ask for what.</summary>
public sealed partial class AuthOptions : IValidatableObject
{
    public const string Section = "Auth";

    internal const string TokenNameRule = "a token's name is 1 to 64 letters, digits, '.', '-' and '_'.";

    /// <summary>The tokens of which <c>/v1</c> wants one; <c>lorahub tokens new NAME</c> makes one. Default: none, <c>/v1</c> is open.</summary>
    public IReadOnlyList<TokenOptions> Tokens { get; init; } = [];

    /// <summary>Who may use the bare paths, Cog's. <c>/health-check</c> and the files under <c>/results</c> are open whatever stands here. Default: open.</summary>
    [EnumDataType(typeof(BareAccess))]
    public BareAccess Bare { get; init; } = BareAccess.Open;

    /// <summary>Who may stop the service by <c>POST /shutdown</c>, beyond what <see cref="Bare"/> asks for. Default: loopback.</summary>
    [EnumDataType(typeof(ShutdownAccess))]
    public ShutdownAccess Shutdown { get; init; } = ShutdownAccess.Loopback;

    /// <summary>What is wrong with the settings; no message quotes a hash, since a token may have been pasted in its place.</summary>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        foreach (var (index, token) in Tokens.Index())
        {
            if (!TokenName().IsMatch(token.Name))
            {
                yield return new ValidationResult($"{Section}:Tokens:{index}:Name: {TokenNameRule}");
            }

            if (!TokenHash().IsMatch(token.Hash))
            {
                yield return new ValidationResult(
                    $"{Section}:Tokens:{index}:Hash must be `sha256:` and the 64 hexadecimal digits of the token's SHA-256, never the token itself; "
                    + "`lorahub tokens new NAME` prints a new one with its settings.");
            }

            if (token.Scopes is { } scopes && (scopes.Count == 0 || !scopes.All(scope => TokenScopes.Read(scope) is not null)))
            {
                yield return new ValidationResult($"{Section}:Tokens:{index}:Scopes {TokenScopes.Rule}");
            }
        }

        foreach (var twice in Tokens.CountBy(token => token.Name, StringComparer.Ordinal).Where(pair => pair.Value > 1))
        {
            yield return new ValidationResult($"{Section}:Tokens: the name `{twice.Key}` stands twice.");
        }

        if (Bare == BareAccess.Token && Tokens.Count == 0)
        {
            yield return new ValidationResult($"{Section}:Bare is `token`, but {Section}:Tokens has none.");
        }
    }

    [GeneratedRegex("^[A-Za-z0-9._-]{1,64}$", RegexOptions.NonBacktracking)]
    internal static partial Regex TokenName();

    [GeneratedRegex("^sha256:[0-9A-Fa-f]{64}$", RegexOptions.NonBacktracking)]
    private static partial Regex TokenHash();
}

/// <summary>A token that the service takes.</summary>
public sealed class TokenOptions
{
    /// <summary>Whose it is: what the service calls whoever sends it.</summary>
    public string Name { get; init; } = "";

    /// <summary><c>sha256:</c> and the hexadecimal SHA-256 of the token's UTF-8 bytes.</summary>
    public string Hash { get; init; } = "";

    /// <summary>What it may be used for: read, predict, publish, admin. Default: read and predict.</summary>
    public IReadOnlyList<string>? Scopes { get; init; }
}

/// <summary>Who may use the bare paths.</summary>
public enum BareAccess
{
    /// <summary>Everyone who reaches the port.</summary>
    Open,

    /// <summary>Who sends a token.</summary>
    Token,

    /// <summary>Programs on this machine.</summary>
    Loopback,

    /// <summary>Nobody: they are not there.</summary>
    Off,
}

/// <summary>Who may stop the service over HTTP.</summary>
public enum ShutdownAccess
{
    /// <summary>Programs on this machine.</summary>
    Loopback,

    /// <summary>Everyone who may use the bare paths.</summary>
    Open,

    /// <summary>Nobody.</summary>
    Off,
}
