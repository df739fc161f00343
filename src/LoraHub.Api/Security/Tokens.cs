using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;

namespace LoraHub.Api.Security;

/// <summary>
/// The tokens of the settings. A plain SHA-256 of each is kept: they are long and random, so there is nothing to guess that a slow hash would have to
/// protect, and every request pays for it.
/// </summary>
sealed class Tokens(IOptions<AuthOptions> options)
{
    readonly (TokenOptions Token, byte[] Hash)[] _known =
        [.. options.Value.Tokens.Select(token => (token, Convert.FromHexString(token.Hash["sha256:".Length..])))];

    /// <summary>Whether there are any; without, <c>/v1</c> is open.</summary>
    public bool Any => _known.Length > 0;

    public static string New() => $"lh_{System.Buffers.Text.Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32))}";

    /// <returns>What the settings have in the token's place.</returns>
    public static string Hash(string token) => $"sha256:{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(token)))}";

    /// <summary>Whose token the request carries: <c>Authorization: Bearer T</c>, or Replicate's older <c>Token T</c>.</summary>
    /// <returns>The token's settings, or null when there is none or it is not one of ours.</returns>
    public TokenOptions? Of(HttpRequest request)
    {
        var isToken = AuthenticationHeaderValue.TryParse(request.Headers.Authorization.ToString(), out var given)
            && (given.Scheme.Equals("Bearer", StringComparison.OrdinalIgnoreCase) || given.Scheme.Equals("Token", StringComparison.OrdinalIgnoreCase));
        return isToken && given!.Parameter is { } token ? Of(SHA256.HashData(Encoding.UTF8.GetBytes(token))) : null;
    }

    /// <summary>Compares with every hash, each in constant time, so that the time taken tells nothing of how near a guess was.</summary>
    TokenOptions? Of(byte[] given)
    {
        TokenOptions? token = null;
        foreach (var (known, hash) in _known)
        {
            token = CryptographicOperations.FixedTimeEquals(given, hash) ? known : token;
        }

        return token;
    }
}
