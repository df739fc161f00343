using System.Text.Json;

using LoraHub.Inference.Generation;
using LoraHub.Inference.Tests.Tokenization;
using LoraHub.Inference.Tokenization;

namespace LoraHub.Inference.Tests.Generation;

public sealed class TextStreamTests
{
    static readonly T5Tokenizer Tokenizer = Bundled.Tokenizer;

    // Tokens whose texts clean-up and stop texts meet, one or two characters each.
    static readonly int[] Short =
    [
        .. Enumerable.Range(0, Tokenizer.Count).Where(id => Tokenizer.TextOf(id, isFirst: false) is { } text && text.TrimStart(' ').Length <= 1),
    ];

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void The_pieces_of_every_golden_text_equal_its_decoded_text_at_every_token(bool cleanUpSpaces)
    {
        var texts =
            from line in File.ReadLines(Golden.Path("tokenizer/encode.jsonl"))
            select JsonDocument.Parse(line).RootElement.GetProperty("fast").Deserialize<int[]>()!;

        Assert.All(texts.Where(ids => ids.Length <= 300), ids => AssertStreams(ids, cleanUpSpaces));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void The_pieces_of_any_golden_ids_equal_the_decoded_text_at_every_token(bool cleanUpSpaces)
    {
        var rows = File.ReadLines(Golden.Path("tokenizer/decode.jsonl")).Select(line => JsonDocument.Parse(line).RootElement);

        Assert.All(rows, row => AssertStreams(row.GetProperty("ids").Deserialize<int[]>()!, cleanUpSpaces));
    }

    [Fact]
    public void The_pieces_of_every_answer_of_the_bundle_equal_the_answer()
    {
        var answers =
            from line in File.ReadLines(Golden.Path("bundle/runs.jsonl"))
            from answer in JsonDocument.Parse(line).RootElement.GetProperty("predictions").EnumerateArray()
            select answer.GetString()!;

        Assert.All(answers.Distinct(), answer =>
        {
            var ids = Tokenizer.Encode(answer).Ids;
            AssertStreams(ids, cleanUpSpaces: true);
            Assert.Equal(Tokenizer.Decode(ids), Stream(ids));
        });
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void The_pieces_of_random_tokens_equal_the_decoded_text_at_every_token(bool cleanUpSpaces)
    {
        var random = new Random(18);
        for (var sequence = 0; sequence < 10_000; sequence++)
        {
            AssertStreams(RandomIds(random, 12), cleanUpSpaces);
        }
    }

    [Fact]
    public void Random_tokens_end_before_the_first_stop_text_wherever_the_tokens_end()
    {
        var random = new Random(19);
        for (var sequence = 0; sequence < 10_000; sequence++)
        {
            var ids = RandomIds(random, 12);
            var whole = Tokenizer.Decode(ids);
            string[] stops = [.. Enumerable.Range(0, random.Next(1, 4)).Select(_ => Part(random, whole))];

            Assert.Equal(CutBeforeFirst(whole, stops), Stream(ids, stops));
        }
    }

    [Fact]
    public void Text_that_cannot_change_is_returned_at_once()
    {
        var stream = new TextStream(Tokenizer, []);

        Assert.Equal(["", "a", " b", "", ".", " c", "", ""], Append(stream, "</s>", "▁a", "▁b", "▁", ".", "▁c", "▁", "<pad>"));
        Assert.Equal(" ", stream.Complete());
    }

    [Fact]
    public void Only_what_can_become_a_stop_text_is_kept_back()
    {
        var stream = new TextStream(Tokenizer, ["b c d", "c e"], cleanUpSpaces: false);

        Assert.Equal(["a", " ", "", "", "", "b c a"], Append(stream, "▁a", "▁", "b", "▁c", "▁", "a"));
        Assert.Equal([" ", "", "", ""], Append(stream, "▁", "b", "▁c", "▁"));
        Assert.False(stream.IsStopped);
        Assert.Equal(["b "], Append(stream, "e"));
        Assert.True(stream.IsStopped);
        Assert.Equal([""], Append(stream, "▁a"));
        Assert.Equal("", stream.Complete());
    }

    [Fact]
    public void Of_overlapping_stop_texts_the_one_that_is_complete_first_counts()
    {
        int[] ids = Ids("a", "b", "c", "d");

        Assert.Equal("a", Stream(ids, "abcd", "bc"));
        Assert.Equal("", Stream(ids, "bc", "abc"));
    }

    [Fact]
    public void A_stop_text_is_looked_for_in_the_cleaned_up_text()
    {
        Assert.Equal("a", Stream(Ids("▁a", "▁", ".", "▁b"), ". b"));
        Assert.Equal("a. b", Stream(Ids("▁a", "▁", ".", "▁b"), " ."));
        Assert.Equal("a", Stream(Ids("▁a", "▁"), " "));
    }

    [Fact]
    public void A_character_of_two_surrogates_is_never_split()
    {
        using var folder = TokenizerFolder.Added("😀");
        var tokenizer = T5Tokenizer.Load(folder.Path);
        var stream = new TextStream(tokenizer, ["😁", "😀😁"]);

        Assert.Equal("", stream.Append(TokenizerFolder.Next));
        Assert.Equal("😀", stream.Append(TokenizerFolder.Next));
        Assert.Equal("😀", stream.Complete());
    }

    static void AssertStreams(int[] ids, bool cleanUpSpaces)
    {
        var stream = new TextStream(Tokenizer, [], cleanUpSpaces);
        var text = "";
        for (var count = 1; count <= ids.Length; count++)
        {
            text += stream.Append(ids[count - 1]);
            var decoded = Tokenizer.Decode(ids.AsSpan(0, count), cleanUpSpaces: cleanUpSpaces);

            var ended = new TextStream(Tokenizer, [], cleanUpSpaces);
            Assert.Equal(decoded, string.Concat(ids.Take(count).Select(ended.Append)) + ended.Complete());

            // What is kept back begins with a space that clean-up may remove.
            Assert.StartsWith(text, decoded, StringComparison.Ordinal);
            Assert.True(text.Length == decoded.Length || (cleanUpSpaces && decoded[text.Length] == ' '), $"'{text}' of '{decoded}'");
        }
    }

    static string Stream(int[] ids, params string[] stops)
    {
        var stream = new TextStream(Tokenizer, stops);
        return string.Concat(ids.Select(stream.Append)) + stream.Complete();
    }

    static string[] Append(TextStream stream, params string[] tokens) => [.. Ids(tokens).Select(stream.Append)];

    static int[] Ids(params string[] tokens) =>
        [.. tokens.Select(token => Enumerable.Range(0, Tokenizer.Count).First(id => Piece(id) == token))];

    static string Piece(int id) => Tokenizer.TextOf(id, isFirst: false, skipSpecialTokens: false)!.Replace(' ', '▁');

    // Known ids, special ones, those of the padded vocabulary, and impossible ones.
    static int[] RandomIds(Random random, int most) =>
    [
        .. Enumerable.Range(0, random.Next(most)).Select(_ => random.Next(8) switch
        {
            0 => random.Next(-2, 3),
            1 => random.Next(Tokenizer.Count - 5, Tokenizer.Count + 100),
            2 or 3 => random.Next(Tokenizer.Count),
            _ => Short[random.Next(Short.Length)],
        }),
    ];

    static string Part(Random random, string text)
    {
        var length = Math.Min(random.Next(1, 5), text.Length);
        var start = random.Next(text.Length - length + 1);
        var part = text[start..(start + length)];
        return random.Next(3) == 0 || part.Length == 0 ? $"{part}x" : part;
    }

    // Plainly: the shortest start of the text that ends with a stop text, without the longest such.
    static string CutBeforeFirst(string text, string[] stops)
    {
        for (var length = 1; length <= text.Length; length++)
        {
            var ends = stops.Where(stop => text[..length].EndsWith(stop, StringComparison.Ordinal)).ToArray();
            if (ends.Length > 0)
            {
                return text[..(length - ends.Max(stop => stop.Length))];
            }
        }

        return text;
    }
}
