using System.Security.Cryptography;
using System.Text;
using LoraHub.Core;
using Microsoft.Extensions.Options;

namespace LoraHub.Api.Webhooks;

/// <summary>Signs webhooks (standardwebhooks.com, version 1), so that their receivers know who sent them.</summary>
sealed class WebhookKey(IOptions<WebhookOptions> options, IServiceKeys keys)
{
    const string Prefix = "whsec_";

    const int LeastBytes = 24, MostBytes = 64;

    /// <summary>The key as its receivers need it.</summary>
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
            && Convert.ToBase64String(bytes[..length]) == text[Prefix.Length..]; // no white space: not every client skips it
    }

    byte[] Bytes() => options.Value.Secret is { } secret ? Convert.FromBase64String(secret[Prefix.Length..]) : keys.KeyOf("webhook");
}
