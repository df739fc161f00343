using System.Text;

namespace LoraHub.Inference.Generation;

/// <summary>
/// Replaces a text by another while the characters come: what it returns, put together, is what <see cref="string.Replace(string, string)"/> gives
/// for the whole. Keeps back only characters that could still begin the text.
/// </summary>
sealed class StreamedReplacement(string from, string to)
{
    readonly TextMatch _match = new(from);

    public string Append(string text)
    {
        var result = new StringBuilder(text.Length + from.Length);
        foreach (var character in text)
        {
            var kept = _match.Matched;
            if (_match.Advance(character))
            {
                result.Append(to);
                continue;
            }

            // Of the characters kept and this one, those that can no longer begin the text.
            var released = kept + 1 - _match.Matched;
            result.Append(from, 0, Math.Min(released, kept));
            if (released > kept)
            {
                result.Append(character);
            }
        }

        return result.ToString();
    }

    /// <summary>Takes the last characters and returns them with what was kept back.</summary>
    public string Complete(string text) => Append(text) + from[.._match.Matched];
}
