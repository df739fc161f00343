using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace LoraHub.Inference.Tokenization;

/// <summary>A normalization form of Unicode (UAX 15). The program runs without ICU, where .NET's own returns its input.</summary>
sealed class UnicodeForm : TextNormalizer
{
    const int FirstSyllable = 0xAC00, FirstLead = 0x1100, FirstVowel = 0x1161, FirstTail = 0x11A7; // Hangul
    const int Vowels = 21, Tails = 28, Syllables = 19 * Vowels * Tails;

    static readonly Lazy<Tables> Data = new(Tables.Read);

    readonly bool _isCompatible, _composes;

    UnicodeForm(bool isCompatible, bool composes) => (_isCompatible, _composes) = (isCompatible, composes);

    public static UnicodeForm Nfc { get; } = new(isCompatible: false, composes: true);

    public static UnicodeForm Nfd { get; } = new(isCompatible: false, composes: false);

    public static UnicodeForm Nfkc { get; } = new(isCompatible: true, composes: true);

    public static UnicodeForm Nfkd { get; } = new(isCompatible: true, composes: false);

    public override string Normalize(string text, List<SourceRange>? sources = null, int most = int.MaxValue)
    {
        var characters = new List<Character>(text.Length);
        var start = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            Decompose(rune.Value, new SourceRange(start, start + rune.Utf16SequenceLength), characters);
            start += rune.Utf16SequenceLength;
        }

        Order(characters);
        var result = new StringBuilder(text.Length);
        foreach (var (value, _, source) in _composes ? Compose(characters) : characters)
        {
            result.Append(new Rune(value));
            Add(sources, result, source.Start, source.End - source.Start);
        }

        return result.ToString();
    }

    void Decompose(int value, SourceRange source, List<Character> characters)
    {
        var syllable = value - FirstSyllable;
        if (syllable is >= 0 and < Syllables)
        {
            characters.Add(new(FirstLead + (syllable / (Vowels * Tails)), 0, source));
            characters.Add(new(FirstVowel + (syllable / Tails % Vowels), 0, source));
            if (syllable % Tails is > 0 and var tail)
            {
                characters.Add(new(FirstTail + tail, 0, source));
            }
        }
        else if (Data.Value.Parts.TryGetValue(value, out var found) && (_isCompatible || !found.IsCompatible))
        {
            Array.ForEach(found.Parts, part => Decompose(part, source, characters));
        }
        else
        {
            characters.Add(new(value, Data.Value.Classes.GetValueOrDefault(value), source));
        }
    }

    /// <summary>Orders combining marks behind one base by their classes; equal ones keep their order.</summary>
    static void Order(List<Character> characters)
    {
        for (int first = 0, end; first < characters.Count; first = end)
        {
            end = first + 1;
            if (characters[first].Class == 0)
            {
                continue;
            }

            while (end < characters.Count && characters[end].Class != 0)
            {
                end++;
            }

            var ordered = characters[first..end].OrderBy(character => character.Class).ToArray();
            for (var i = 0; i < ordered.Length; i++)
            {
                characters[first + i] = ordered[i];
            }
        }
    }

    static List<Character> Compose(List<Character> characters)
    {
        var kept = new List<Character>(characters.Count);
        var (starter, last) = (-1, -1); // the place of the last base, and the class of the last mark behind it
        foreach (var character in characters)
        {
            if (starter >= 0 && last < character.Class && Pair(kept[starter].Value, character.Value) is { } composed)
            {
                kept[starter] = new(composed, 0, new SourceRange(kept[starter].Source.Start, character.Source.End));
                continue;
            }

            (starter, last) = character.Class == 0 ? (kept.Count, -1) : (starter, character.Class);
            kept.Add(character);
        }

        return kept;
    }

    static int? Pair(int first, int second)
    {
        if (first - FirstLead is >= 0 and < 19 and var lead && second - FirstVowel is >= 0 and < Vowels and var vowel)
        {
            return FirstSyllable + (((lead * Vowels) + vowel) * Tails);
        }

        if (first - FirstSyllable is >= 0 and < Syllables and var syllable && syllable % Tails == 0
            && second - FirstTail is > 0 and < Tails and var tail)
        {
            return first + tail;
        }

        return Data.Value.Pairs.TryGetValue((first, second), out var composed) ? composed : null;
    }

    [StructLayout(LayoutKind.Auto)]
    readonly record struct Character(int Value, int Class, SourceRange Source);

    /// <param name="Classes">Combining classes other than 0.</param>
    /// <param name="Parts">What a character decomposes to, one step.</param>
    /// <param name="Pairs">What two characters compose to.</param>
    sealed record Tables(
        Dictionary<int, int> Classes, Dictionary<int, (int[] Parts, bool IsCompatible)> Parts, Dictionary<(int First, int Second), int> Pairs)
    {
        public static Tables Read()
        {
            var tables = new Tables([], [], []);
            using var reader = new StreamReader(typeof(UnicodeForm).Assembly.GetManifestResourceStream("UnicodeForms.txt")!);
            while (reader.ReadLine() is { } line)
            {
                if (!line.StartsWith('#'))
                {
                    tables.Add(line.Split(' '));
                }
            }

            return tables;
        }

        void Add(string[] fields)
        {
            var point = Number(fields[0]);
            if (fields[1] != "0")
            {
                Classes.Add(point, int.Parse(fields[1], CultureInfo.InvariantCulture));
            }

            if (fields is [_, _, var kind, .. var parts])
            {
                int[] values = [.. parts.Select(Number)];
                Parts.Add(point, (values, kind == "K"));
                if (kind == "=")
                {
                    Pairs.Add((values[0], values[1]), point);
                }
            }
        }

        static int Number(string digits) => int.Parse(digits, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
    }
}
