using System.ComponentModel.DataAnnotations;
using System.Text.RegularExpressions;

namespace LoraHub.Api.Security;

/// <summary>Tokens, and who may use which paths.</summary>
public sealed partial class AuthOptions : IValidatableObject
{
    public const string Section = "Auth";

    internal const string TokenNameRule = "a token's name is 1 to 64 letters, digits, '.', '-' and '_'.";

    /// <summary>
    /// The tokens that <c>/v1</c> accepts. <c>lorahub tokens new NAME</c> makes one and prints its settings. Default: none; <c>/v1</c> is open.
    /// </summary>
    public IReadOnlyList<TokenOptions> Tokens { get; init; } = [];

    /// <summary>
    /// Who may use the bare paths (Cog's): everyone, holders of a token, programs on this machine, or nobody. <c>/health-check</c> and the files
    /// under <c>/results</c> are always open. Default: open.
    /// </summary>
    [EnumDataType(typeof(BareAccess))]
    public BareAccess Bare { get; init; } = BareAccess.Open;

    /// <summary>
    /// Who may stop the service by <c>POST /shutdown</c>. <see cref="Bare"/> applies as well. Default: loopback, programs on this machine.
    /// </summary>
    [EnumDataType(typeof(ShutdownAccess))]
    public ShutdownAccess Shutdown { get; init; } = ShutdownAccess.Loopback;

    /// <summary>Returns the errors in the settings. No message quotes a hash, because it may be a token that was pasted there by mistake.</summary>
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
            yield return new ValidationResult($"{Section}:Tokens: the name `{twice.Key}` is used twice.");
        }

        if (Bare == BareAccess.Token && Tokens.Count == 0)
        {
            yield return new ValidationResult($"{Section}:Bare is `token`, but {Section}:Tokens is empty.");
        }
    }

    [GeneratedRegex("^[A-Za-z0-9._-]{1,64}$", RegexOptions.NonBacktracking)]
    internal static partial Regex TokenName();

    [GeneratedRegex("^sha256:[0-9A-Fa-f]{64}$", RegexOptions.NonBacktracking)]
    private static partial Regex TokenHash();
}

/// <summary>A token that the service accepts.</summary>
public sealed class TokenOptions
{
    /// <summary>The name of the token's owner: 1 to 64 letters, digits, dots, hyphens and underscores. Logs and modules show it. Required.</summary>
    public string Name { get; init; } = "";

    /// <summary><c>sha256:</c> and the hexadecimal SHA-256 of the token's UTF-8 bytes; never the token itself. Required.</summary>
    public string Hash { get; init; } = "";

    /// <summary>What the token permits: <c>read</c>, <c>predict</c>, <c>publish</c>, <c>admin</c>. Default: <c>read</c> and <c>predict</c>.</summary>
    public IReadOnlyList<string>? Scopes { get; init; }
}

/// <summary>Who may use the bare paths.</summary>
public enum BareAccess
{
    /// <summary>Everyone who can reach the port.</summary>
    Open,

    /// <summary>Callers with a token.</summary>
    Token,

    /// <summary>Programs on this machine.</summary>
    Loopback,

    /// <summary>Nobody: the paths answer 404.</summary>
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
