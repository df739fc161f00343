using LoraHub.Inference.Tokenization;

namespace LoraHub.Inference.Adaptation;

/// <summary>Compares answers with the expected ones.</summary>
public static class ExactMatch
{
    const string ByteOrderMark = "\uFEFF";

    /// <summary>
    /// Whether the reference counts an answer as right: equal after stripping, lowercasing and removing dots, in this order. Byte order marks and
    /// decomposed characters, which a model cannot generate, are normalized first.
    /// </summary>
    public static bool IsRight(string answer, string expected) => Normal(answer) == Normal(expected);

    static string Normal(string text) => UnicodeForm.Nfc.Normalize(text.Replace(ByteOrderMark, "", StringComparison.Ordinal)).Trim()
        .ToLowerInvariant().Replace(".", "", StringComparison.Ordinal);
}
