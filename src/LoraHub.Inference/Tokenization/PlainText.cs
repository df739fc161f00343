using System.Text;

namespace LoraHub.Inference.Tokenization;

/// <summary>Encodes text without special tokens: normalizes it, marks the starts of words and splits each word into pieces.</summary>
sealed class PlainText(CharacterMap characterMap, Unigram unigram)
{
    public const char WordStart = '▁'; // U+2581 represents a space in pieces

    /// <summary>Adds the ids of a text.</summary>
    /// <param name="isNormalized">Whether the text is already normalized.</param>
    /// <param name="start">The position of the text in the original one.</param>
    /// <param name="tokens">Receives the source range of each id, or null.</param>
    public void Encode(string text, bool isNormalized, List<int> ids, int start = 0, List<SourceRange>? tokens = null)
    {
        var sources = tokens is null ? null : new List<SourceRange>(text.Length + 1);
        if (isNormalized)
        {
            sources?.AddRange(Enumerable.Range(0, text.Length).Select(i => new SourceRange(i, i + 1)));
        }
        else
        {
            text = characterMap.Normalize(text, sources);
        }

        var words = MarkWordStarts(text, ref sources);
        var ends = tokens is null ? null : new List<int>();
        for (int word = 0, next; word < words.Length; word = next)
        {
            next = words.IndexOf(WordStart, word + 1);
            next = next < 0 ? words.Length : next;
            unigram.Encode(words.AsSpan(word, next - word), ids, ends);
            if (tokens is not null)
            {
                Locate(word, ends!, sources!, start, tokens);
            }
        }
    }

    /// <summary>Adds the source ranges of a word's pieces.</summary>
    static void Locate(int word, List<int> ends, List<SourceRange> sources, int start, List<SourceRange> tokens)
    {
        var first = word;
        foreach (var end in ends)
        {
            tokens.Add(new SourceRange(start + sources[first].Start, start + sources[word + end - 1].End));
            first = word + end;
        }

        ends.Clear();
    }

    /// <summary>"▁a▁b" for "a  b": a run of spaces becomes one word start, and the first word always has one.</summary>
    /// <param name="sources">The source ranges of the text's characters; replaced by those of the result's.</param>
    static string MarkWordStarts(string text, ref List<SourceRange>? sources)
    {
        var words = new StringBuilder(text.Length + 1);
        var marked = sources is null ? null : new List<SourceRange>(text.Length + 1);
        if (text.Length > 0 && text[0] is not (' ' or WordStart))
        {
            words.Append(WordStart);
            marked?.Add(new SourceRange(sources![0].Start, sources[0].Start));
        }

        var previous = WordStart;
        for (var i = 0; i < text.Length; i++)
        {
            var character = text[i];
            if (character != ' ' || previous != ' ')
            {
                words.Append(character == ' ' ? WordStart : character);
                marked?.Add(sources![i]);
            }
            else if (marked is not null)
            {
                marked[^1] = new SourceRange(marked[^1].Start, sources![i].End);
            }

            previous = character;
        }

        sources = marked;
        return words.ToString();
    }
}
