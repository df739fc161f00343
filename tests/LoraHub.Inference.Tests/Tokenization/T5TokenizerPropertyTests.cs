using System.Diagnostics;
using CsCheck;
using LoraHub.Inference.Tokenization;

namespace LoraHub.Inference.Tests.Tokenization;

public sealed class T5TokenizerPropertyTests
{
    static readonly T5Tokenizer Tokenizer = Bundled.Tokenizer;

    // Any UTF-16 at all, lone surrogates included, mixed with text that is special to the tokenizer.
    static readonly Gen<string> AnyText = Gen.OneOf(
            Gen.Char['\0', '\uFFFF'].Select(character => $"{character}"),
            Gen.Char[' ', '~'].Select(character => $"{character}"),
            Gen.OneOf(
                " ", "  ", "\n", "▁", "<pad>", "</s>", "<unk>", "<extra_id_7>", "<extra_id_", "＜pad＞",
                "the", "YYYY", "e\u0301", "\u00A0\u0301", "ﬁ", "😀", "\uD83D"))
        .Array[0, 60].Select(string.Concat);

    static readonly Gen<string> PlainText =
        Gen.Char['a', 'z'].Array[1, 8].Select(letters => new string(letters)).Array[1, 12].Select(words => string.Join(' ', words));

    [Fact]
    public void Any_string_has_ids_within_the_vocabulary_that_end_the_sequence()
    {
        AnyText.Sample(text =>
        {
            var ids = Tokenizer.Encode(text).Ids;

            Assert.Equal(1, ids[^1]);
            Assert.All(ids, id => Assert.InRange(id, 0, Tokenizer.Count - 1));
        });
    }

    [Fact]
    public void A_truncated_text_is_a_prefix_of_the_whole_one()
    {
        Gen.Select(AnyText, Gen.Int[1, 40]).Sample((text, maxTokens) =>
        {
            var whole = Tokenizer.Encode(text, int.MaxValue).Ids;
            var cut = Tokenizer.Encode(text, maxTokens);

            Assert.Equal(whole.Length > maxTokens, cut.IsCut);
            Assert.Equal(cut.IsCut ? [.. whole[..(maxTokens - 1)], 1] : whole, cut.Ids);
        });
    }

    [Fact]
    public void Plain_words_survive_a_round_trip()
    {
        PlainText.Sample(text => Assert.Equal(text, Tokenizer.Decode(Tokenizer.Encode(text).Ids, cleanUpSpaces: false)));
    }

    [Fact]
    public void Extra_white_space_is_removed_in_one_round_trip()
    {
        Gen.Select(PlainText, Gen.Int[0, 3], Gen.Int[1, 4]).Sample((text, before, between) =>
        {
            var spaced = new string(' ', before) + text.Replace(" ", new string(' ', between), StringComparison.Ordinal);

            Assert.Equal(text, Tokenizer.Decode(Tokenizer.Encode(spaced).Ids, cleanUpSpaces: false));
        });
    }

    [Fact]
    public void Any_ids_decode_and_unknown_ones_are_skipped()
    {
        Gen.OneOf(Gen.Int, Gen.Int[-1, 4200]).Array[0, 40].Sample(ids =>
        {
            var known = Array.FindAll(ids, id => id >= 0 && id < Tokenizer.Count);

            Assert.Equal(Tokenizer.Decode(known, skipSpecialTokens: false), Tokenizer.Decode(ids, skipSpecialTokens: false));
        });
    }

    [Fact]
    public void Concurrent_threads_get_the_ids_of_a_single_one()
    {
        AnyText.Array[200].Sample(
            texts =>
            {
                var expected = Array.ConvertAll(texts, text => Tokenizer.Encode(text).Ids);

                // A fresh instance, so that the threads also race on its lazy initialization.
                var fresh = T5Tokenizer.Load(Bundled.Folder);
                Parallel.For(0, 8 * texts.Length, i => Assert.Equal(expected[i % texts.Length], fresh.Encode(texts[i % texts.Length]).Ids));
            },
            iter: 3,
            threads: 1);
    }

    [Theory]
    [InlineData("a")]
    [InlineData(" ")]
    [InlineData("\u0301")]
    [InlineData("☃")]
    [InlineData("▁")]
    [InlineData("<")]
    [InlineData("<pad>")]
    [InlineData("<extra_id_")]
    [InlineData("The quick brown fox, 12/31/1999. ")]
    public void A_hundred_thousand_characters_take_linear_time_and_little_memory(string unit)
    {
        var text = string.Concat(Enumerable.Repeat(unit, 100_000 / unit.Length));
        Tokenizer.Encode(unit);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var watch = Stopwatch.StartNew();

        Tokenizer.Encode(text);

        Assert.InRange(watch.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(1));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 32 << 20);
    }
}
