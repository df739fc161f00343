using System.Security.Cryptography;
using System.Text;
using LoraHub.Core;
using Microsoft.Extensions.Options;

namespace LoraHub.Api.Webhooks;

/// <summary>Signs webhooks (standardwebhooks.com, version 1), so that receivers can verify the sender.</summary>
sealed class WebhookKey(IOptions<WebhookOptions> options, IServiceKeys keys)
{
    const string Prefix = "whsec_";

    const int LeastBytes = 24, MostBytes = 64;

    /// <summary>The key in the form that receivers use: <c>whsec_</c> and Base64.</summary>
    public string Secret => options.Value.Secret ?? $"{Prefix}{Convert.ToBase64String(Bytes())}";

    /// <summary>The value of <c>webhook-signature</c>.</summary>
    /// <param name="timestamp">In Unix seconds.</param>
    public string Sign(string id, long timestamp, ReadOnlySpan<byte> body)
    {
        using var hmac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, Bytes());
        hmac.AppendData(Encoding.UTF8.GetBytes($"{id}.{timestamp}."));
        hmac.AppendData(body);
        return $"v1,{Convert.ToBase64String(hmac.GetHashAndReset())}";
    }

    public static bool IsSecret(string text)
    {
        Span<byte> bytes = stackalloc byte[MostBytes];
        return text.StartsWith(Prefix, StringComparison.Ordinal)
            && Convert.TryFromBase64String(text[Prefix.Length..], bytes, out var length)
            && length >= LeastBytes
            && Convert.ToBase64String(bytes[..length]) == text[Prefix.Length..]; // reject white space, which some clients do not skip
    }

    byte[] Bytes() => options.Value.Secret is { } secret ? Convert.FromBase64String(secret[Prefix.Length..]) : keys.KeyOf(KeyNames.Webhook);
}
