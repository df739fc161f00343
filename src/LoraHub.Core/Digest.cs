namespace LoraHub.Core;

/// <summary>SHA-256 as text, which names blobs, files and versions.</summary>
public static class Digest
{
    const int Digits = 64;

    /// <summary>Whether the text is a digest: 64 lower-case hexadecimal digits.</summary>
    public static bool IsValid(string text) => text.Length == Digits && text.All(char.IsAsciiHexDigitLower);
}
