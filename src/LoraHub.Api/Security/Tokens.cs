using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;

namespace LoraHub.Api.Security;

/// <summary>
/// The tokens of the settings. They are stored as plain SHA-256: tokens are long and random, so a slow hash would add no protection, and every
/// request would pay for it.
/// </summary>
sealed class Tokens(IOptions<AuthOptions> options)
{
    readonly (TokenOptions Token, byte[] Hash)[] _known =
        [.. options.Value.Tokens.Select(token => (token, Convert.FromHexString(token.Hash["sha256:".Length..])))];

    /// <summary>Whether there are any. Without tokens, <c>/v1</c> is open.</summary>
    public bool Any => _known.Length > 0;

    public static string New() => $"lh_{System.Buffers.Text.Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32))}";

    /// <returns>The hash as the settings contain it.</returns>
    public static string Hash(string token) => $"sha256:{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(token)))}";

    /// <summary>Finds the request's token: <c>Authorization: Bearer T</c>, or Replicate's older <c>Token T</c>.</summary>
    /// <returns>The token's settings, or null when the request has no token or an unknown one.</returns>
    public TokenOptions? Of(HttpRequest request)
    {
        var isToken = AuthenticationHeaderValue.TryParse(request.Headers.Authorization.ToString(), out var given)
            && (given.Scheme.Equals("Bearer", StringComparison.OrdinalIgnoreCase)
                || given.Scheme.Equals("Token", StringComparison.OrdinalIgnoreCase));
        return isToken ? Of(given!.Parameter) : null;
    }

    /// <returns>The token's settings, or null for none and an unknown one.</returns>
    public TokenOptions? Of(string? token) => token is null ? null : Of(SHA256.HashData(Encoding.UTF8.GetBytes(token)));

    /// <summary>Compares with every hash, each in constant time, so that timing reveals nothing about a guess.</summary>
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
