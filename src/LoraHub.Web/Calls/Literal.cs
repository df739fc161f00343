using System.Globalization;
using System.Text;

namespace LoraHub.Web.Calls;

/// <summary>Texts as parts of programs.</summary>
static class Literal
{
    /// <summary>
    /// A text in double quotes that JSON, JavaScript, Python and C# all read as the same text. Characters that cannot be seen are escaped, so that
    /// nobody copies more than they see.
    /// </summary>
    public static string Of(string text)
    {
        var literal = new StringBuilder("\"", text.Length + 2);
        for (var place = 0; place < text.Length; place++)
        {
            var isPair = char.IsSurrogatePair(text, place);
            _ = (text[place], isPair) switch
            {
                ('"' or '\\', _) => literal.Append('\\').Append(text[place]),
                ('\n', _) => literal.Append(@"\n"),
                ('\r', _) => literal.Append(@"\r"),
                ('\t', _) => literal.Append(@"\t"),
                (_, true) => literal.Append(text, place++, 2),
                _ when IsUnseen(text[place]) => literal.Append(CultureInfo.InvariantCulture, $@"\u{(int)text[place]:x4}"),
                _ => literal.Append(text[place]),
            };
        }

        return literal.Append('"').ToString();
    }

    /// <summary>A text in single quotes, in which a shell expands nothing.</summary>
    public static string Shell(string text) => $"'{text.Replace("'", @"'\''", StringComparison.Ordinal)}'";

    static bool IsUnseen(char character) => char.GetUnicodeCategory(character) is UnicodeCategory.Control or UnicodeCategory.Format
        or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse;
}
