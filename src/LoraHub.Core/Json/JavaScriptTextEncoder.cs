using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;

namespace LoraHub.Core.Json;

/// <summary>
/// Escapes the same characters as <c>JSON.stringify</c>, in the same way. The framework's most relaxed encoder escapes more, such as all characters
/// above U+FFFF.
/// </summary>
sealed class JavaScriptTextEncoder : JavaScriptEncoder
{
    /// <summary>For example <c>\u001f</c>.</summary>
    public override int MaxOutputCharactersPerInputCharacter => 6;

    public override bool WillEncode(int unicodeScalar) => unicodeScalar is < ' ' or '"' or '\\';

    public override unsafe int FindFirstCharacterToEncode(char* text, int textLength)
    {
        var all = new ReadOnlySpan<char>(text, textLength);
        for (var i = 0; i < all.Length;)
        {
            // The caller replaces an unpaired surrogate.
            if (Rune.DecodeFromUtf16(all[i..], out var rune, out var length) != OperationStatus.Done || WillEncode(rune.Value))
            {
                return i;
            }

            i += length;
        }

        return -1;
    }

    public override unsafe bool TryEncodeUnicodeScalar(int unicodeScalar, char* buffer, int bufferLength, out int numberOfCharactersWritten)
    {
        var text = Escape(unicodeScalar);
        var isWritten = text.TryCopyTo(new Span<char>(buffer, bufferLength));
        numberOfCharactersWritten = isWritten ? text.Length : 0;
        return isWritten;
    }

    static string Escape(int scalar) => scalar switch
    {
        '"' => "\\\"",
        '\\' => @"\\",
        '\b' => @"\b",
        '\f' => @"\f",
        '\n' => @"\n",
        '\r' => @"\r",
        '\t' => @"\t",
        < ' ' => $"\\u{scalar:x4}",
        _ => new Rune(scalar).ToString(),
    };
}
