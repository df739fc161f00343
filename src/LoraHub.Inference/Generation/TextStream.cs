using System.Text;

using LoraHub.Inference.Tokenization;

namespace LoraHub.Inference.Generation;

/// <summary>
/// The text of an answer while its tokens come. Its pieces, put together, are <see cref="T5Tokenizer.Decode(ReadOnlySpan{int}, bool, bool?)"/> of
/// all tokens, cut before a stop text. Takes constant time per character.
/// </summary>
/// <remarks>
/// A piece ends before what later tokens could still change: a space that clean-up may remove, or the start of a stop text. It has no half
/// characters, as tokens have none: a tokenizer's file with a lone surrogate is refused.
/// If stop texts overlap, the one that is complete first counts; of those that end with the same character, the longest.
/// </remarks>
/// <param name="stops">None is empty.</param>
/// <param name="cleanUpSpaces">Whether to remove spaces before punctuation; null uses the tokenizer's setting.</param>
sealed class TextStream(T5Tokenizer tokenizer, IReadOnlyList<string> stops, bool? cleanUpSpaces = null)
{
    readonly StreamedReplacement[] _cleanUps =
        [.. tokenizer.CleanUpsOf(cleanUpSpaces).Select(cleanUp => new StreamedReplacement(cleanUp.From, cleanUp.To))];

    readonly TextMatch[] _stops = [.. stops.Select(stop => new TextMatch(stop))];
    readonly StringBuilder _held = new(); // cleaned up, but not returned yet
    bool _isFirst = true;

    /// <summary>Whether a stop text came. Nothing follows.</summary>
    public bool IsStopped { get; private set; }

    /// <summary>Takes the answer's next token.</summary>
    /// <returns>The text that is certain now, after that of earlier calls; may be empty.</returns>
    public string Append(int token)
    {
        if (tokenizer.TextOf(token, _isFirst) is not { } text)
        {
            return "";
        }

        _isFirst = false;
        return Release(_cleanUps.Aggregate(text, (current, cleanUp) => cleanUp.Append(current)));
    }

    /// <summary>Ends the answer.</summary>
    /// <returns>The text that was kept back, unless it is a stop text.</returns>
    public string Complete()
    {
        var rest = Release(_cleanUps.Aggregate("", (current, cleanUp) => cleanUp.Complete(current)));
        return rest + Take(_held.Length);
    }

    string Release(string text)
    {
        if (IsStopped)
        {
            return "";
        }

        foreach (var character in text)
        {
            _held.Append(character);
            if (LongestCompletedBy(character) is > 0 and var stop)
            {
                IsStopped = true;
                _held.Length -= stop;
                return Take(_held.Length);
            }
        }

        return Take(_held.Length - _stops.Select(stop => stop.Matched).DefaultIfEmpty().Max());
    }

    string Take(int characters)
    {
        var piece = _held.ToString(0, characters);
        _held.Remove(0, characters);
        return piece;
    }

    int LongestCompletedBy(char character)
    {
        var longest = 0;
        foreach (var stop in _stops)
        {
            longest = stop.Advance(character) ? Math.Max(longest, stop.Length) : longest;
        }

        return longest;
    }
}
