using System.Buffers;

using CsCheck;

using LoraHub.Inference.Tokenization;

using Microsoft.ML.Tokenizers;

namespace LoraHub.Inference.Tests.Tokenization;

/// <summary>T5's tokenizer through the API of <see cref="Tokenizer"/> in Microsoft.ML.Tokenizers.</summary>
public sealed class TokenizerOffsetTests
{
    const int End = 1;

    static readonly T5Tokenizer T5 = Bundled.Tokenizer;

    static readonly Tokenizer Any = T5;

    static readonly Gen<string> AnyText = Gen.OneOf(
            Gen.Char['\0', '\uFFFF'].Select(character => $"{character}"),
            Gen.Char[' ', '~'].Select(character => $"{character}"),
            Gen.OneOf(
                " ", "  ", "\n", "\u0001", "▁", "<pad>", "</s>", "<unk>", "<extra_id_7>", "<extra_id_",
                "the", "YYYY", "e\u0301", "\u00A0\u0301", "ﬁ", "㌕", "😀", "\uD83D"))
        .Array[0, 60].Select(string.Concat);

    [Fact]
    public void Ids_tokens_and_counts_agree_with_the_ids_of_a_prediction() => AnyText.Sample(text =>
    {
        var ids = T5.Encode(text, int.MaxValue).Ids;

        Assert.Equal(ids, Any.EncodeToIds(text));
        Assert.Equal(ids, Any.EncodeToIds(text.AsSpan()));
        Assert.Equal(ids, Any.EncodeToTokens(text, out var normalized).Select(token => token.Id));
        Assert.Equal(ids.Length, Any.CountTokens(text));
        Assert.Equal(T5.Decode(ids), Any.Decode(ids));
        Assert.Null(normalized);
    });

    [Fact]
    public void Offsets_are_in_order_and_never_split_a_character() => AnyText.Sample(text =>
    {
        var (start, end) = (0, 0);
        foreach (var range in Ranges(text))
        {
            Assert.InRange(range.Start, start, text.Length);
            Assert.InRange(range.End, Math.Max(range.Start, end), text.Length);
            Assert.False(IsInsidePair(text, range.Start) || IsInsidePair(text, range.End));
            (start, end) = range;
        }

        Assert.Equal((text.Length, text.Length), (start, end));
    });

    [Fact]
    public void Text_outside_every_offset_has_no_token() => AnyText.Sample(text =>
    {
        var covered = 0;
        foreach (var (start, end) in Ranges(text))
        {
            if (start > covered)
            {
                Assert.Equal([End], T5.Encode(text[covered..start]).Ids);
            }

            covered = Math.Max(covered, end);
        }
    });

    [Fact]
    public void Offsets_of_plain_words_cut_out_the_pieces() =>
        Gen.Char['a', 'z'].Array[1, 8].Select(letters => new string(letters)).Array[1, 12].Select(words => string.Join(' ', words)).Sample(text =>
            Assert.All(
                Any.EncodeToTokens(text, out _).SkipLast(1),
                token => Assert.Equal(token.Value.Trim('▁'), text[token.Offset].Trim(' '))));

    [Fact]
    public void A_ligature_a_combined_letter_and_an_emoji_keep_their_places()
    {
        const string text = "  e\u0301 ﬁ😀</s>x";

        var covered = Ranges(text).Select(range => text[range.Start..range.End]).ToArray();

        Assert.Contains("</s>", covered);
        Assert.Contains(covered, part => part.EndsWith("e\u0301", StringComparison.Ordinal));
        Assert.Contains(covered, part => part.EndsWith("😀", StringComparison.Ordinal));
        Assert.Contains(covered, part => part.Trim() == "ﬁ" || part.Contains("ﬁ😀", StringComparison.Ordinal));
        Assert.Equal("", covered[^1]);
    }

    [Fact]
    public void A_cut_keeps_the_end_of_sequence_and_reports_its_position() => Gen.Select(AnyText, Gen.Int[1, 40]).Sample((text, most) =>
    {
        var expected = T5.Encode(text, most);

        var ids = Any.EncodeToIds(text, most, out _, out var consumed);
        var index = Any.GetIndexByTokenCount(text, most, out _, out var count);

        Assert.Equal(expected.Ids, ids);
        Assert.Equal(consumed, index);
        Assert.Equal(ids.Count, count);
        Assert.Equal(expected.IsCut ? Ranges(text).Take(most - 1).Select(range => range.End).LastOrDefault() : text.Length, index);
    });

    [Fact]
    public void The_end_of_a_text_is_found_by_its_tokens() => Gen.Select(AnyText, Gen.Int[1, 40]).Sample((text, most) =>
    {
        var ranges = Ranges(text);

        var index = Any.GetIndexByTokenCountFromEnd(text, most, out _, out var count);

        Assert.Equal(Math.Min(most, ranges.Length), count);
        Assert.Equal(ranges.Length <= most ? 0 : ranges[^most].Start, index);
    });

    [Fact]
    public void A_destination_that_is_too_small_receives_the_text_of_the_ids_consumed() => Gen.Select(AnyText, Gen.Int[0, 80]).Sample((text, size) =>
    {
        var ids = T5.Encode(text, int.MaxValue).Ids;
        var destination = new char[size];

        var status = Any.Decode(ids, destination, out var consumed, out var written);

        Assert.Equal(T5.Decode(ids.AsSpan(0, consumed)), new string(destination, 0, written));
        Assert.Equal(T5.Decode(ids).Length <= size ? OperationStatus.Done : OperationStatus.DestinationTooSmall, status);
        Assert.Equal(status == OperationStatus.Done, consumed == ids.Length);
    });

    [Fact]
    public void Normalized_text_is_unchanged()
    {
        Assert.Equal(Any.EncodeToIds("a fine day"), Any.EncodeToIds("a fine day", considerNormalization: false));
        Assert.NotEqual(Any.EncodeToIds("a ﬁne day"), Any.EncodeToIds("a ﬁne day", considerNormalization: false));
    }

    static (int Start, int End)[] Ranges(string text) =>
        [.. Any.EncodeToTokens(text, out _).Select(token => (token.Offset.Start.Value, token.Offset.End.Value))];

    static bool IsInsidePair(string text, int index) =>
        index > 0 && index < text.Length && char.IsHighSurrogate(text[index - 1]) && char.IsLowSurrogate(text[index]);
}
