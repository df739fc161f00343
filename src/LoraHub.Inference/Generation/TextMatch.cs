namespace LoraHub.Inference.Generation;

/// <summary>Looks for a text in characters that come one by one, without reading any twice (Knuth, Morris and Pratt).</summary>
/// <param name="text">Not empty.</param>
sealed class TextMatch(string text)
{
    readonly int[] _borders = BordersOf(text);

    public int Length => text.Length;

    /// <summary>How many of the latest characters are the start of the text; 0 after a whole match.</summary>
    public int Matched { get; private set; }

    /// <summary>Takes the next character.</summary>
    /// <returns>Whether it completes the text.</returns>
    public bool Advance(char next)
    {
        while (Matched > 0 && text[Matched] != next)
        {
            Matched = _borders[Matched];
        }

        if (text[Matched] == next)
        {
            Matched++;
        }

        var isWhole = Matched == text.Length;
        Matched = isWhole ? 0 : Matched;
        return isWhole;
    }

    /// <summary>For each length, that of the longest shorter start of the text with which its first characters end.</summary>
    static int[] BordersOf(string text)
    {
        var borders = new int[text.Length];
        for (var length = 2; length < text.Length; length++)
        {
            var border = borders[length - 1];
            while (border > 0 && text[border] != text[length - 1])
            {
                border = borders[border];
            }

            borders[length] = text[border] == text[length - 1] ? border + 1 : 0;
        }

        return borders;
    }
}
