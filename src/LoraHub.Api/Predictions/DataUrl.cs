using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace LoraHub.Api.Predictions;

/// <summary>Decodes <c>data:[type][;parameters][;base64],content</c> (RFC 2397) with UTF-8 text.</summary>
static class DataUrl
{
    public const string Scheme = "data:";

    static readonly string[] Charsets = ["utf-8", "utf8", "us-ascii"];

    /// <returns>The content, or null when the URL is malformed or declares another charset than UTF-8.</returns>
    public static byte[]? Decode(string url)
    {
        var comma = url.IndexOf(',', StringComparison.Ordinal);
        if (comma < 0)
        {
            return null;
        }

        var (type, parameters) = url[Scheme.Length..comma].Split(';') is [var first, .. var rest] ? (first, rest) : ("", []);
        if ((type.Length > 0 && !type.Contains('/', StringComparison.Ordinal))
            || !parameters.All(IsReadable)
            || Unescape(url.AsSpan(comma + 1)) is not { } content)
        {
            return null;
        }

        if (parameters is not [.., var last] || !last.Equals("base64", StringComparison.OrdinalIgnoreCase))
        {
            return content;
        }

        // In place: a large URL is in memory often enough.
        return Base64.DecodeFromUtf8InPlace(content, out var length) == OperationStatus.Done ? content[..length] : null;
    }

    static bool IsReadable(string parameter) =>
        parameter.Split('=', 2) is not [var name, var value]
        || !name.Equals("charset", StringComparison.OrdinalIgnoreCase)
        || Charsets.Contains(value.Trim('"'), StringComparer.OrdinalIgnoreCase);

    /// <returns>The bytes, or null when a percent sign is not followed by two hexadecimal digits.</returns>
    static byte[]? Unescape(ReadOnlySpan<char> text)
    {
        var bytes = new byte[Encoding.UTF8.GetByteCount(text)];
        var length = 0;
        while (text.IndexOf('%') is var percent and >= 0)
        {
            length += Encoding.UTF8.GetBytes(text[..percent], bytes.AsSpan(length));
            if (text.Length < percent + 3
                || !byte.TryParse(text.Slice(percent + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value))
            {
                return null;
            }

            bytes[length++] = value;
            text = text[(percent + 3)..];
        }

        length += Encoding.UTF8.GetBytes(text, bytes.AsSpan(length));
        return length == bytes.Length ? bytes : bytes[..length];
    }
}
