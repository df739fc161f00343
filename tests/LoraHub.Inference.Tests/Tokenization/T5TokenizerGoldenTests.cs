using System.Text.Json;
using LoraHub.Inference.T5;

using TorchSharp;

namespace LoraHub.Inference.Tests.Tokenization;

/// <summary>Every number the reference's tokenizer gave, without exception.</summary>
public sealed class T5TokenizerGoldenTests
{
    static readonly JsonSerializerOptions SnakeCase = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    [Fact]
    public void Every_text_has_the_ids_of_the_reference()
    {
        Assert.Empty(
            from row in Lines<EncodeRow>("encode.jsonl")
            let actual = Bundled.Tokenizer.Encode(row.Text, int.MaxValue).Ids
            where !actual.SequenceEqual(row.Fast)
            select Difference($"{row.Id} '{row.Text}'", row.Fast, actual));
    }

    [Fact]
    public void Every_text_decodes_to_the_text_of_the_reference()
    {
        Assert.Empty(
            from row in Lines<EncodeRow>("encode.jsonl")
            let actual = Bundled.Tokenizer.Decode(row.Fast)
            where actual != row.Decoded
            select Difference($"{row.Id}", row.Decoded, actual));
    }

    [Theory]
    [InlineData("fast_skip", true, true)]
    [InlineData("fast", false, true)]
    [InlineData("fast_skip_no_cleanup", true, false)]
    public void Any_ids_decode_to_the_text_of_the_reference(string variant, bool skipSpecialTokens, bool cleanUpSpaces)
    {
        Assert.Empty(
            from row in Lines<JsonElement>("decode.jsonl")
            let ids = row.GetProperty("ids").Deserialize<int[]>()
            let expected = row.GetProperty(variant).GetString()
            let actual = Bundled.Tokenizer.Decode(ids, skipSpecialTokens, cleanUpSpaces)
            where actual != expected
            select Difference(string.Join(' ', ids), expected, actual));
    }

    [Fact]
    public void A_text_that_is_too_long_is_truncated_as_by_the_reference()
    {
        foreach (var row in Whole<TruncateRow[]>("truncate.json"))
        {
            var actual = Bundled.Tokenizer.Encode(row.Text, row.MaxLength);

            Assert.Equal(row.Ids, actual.Ids);
            Assert.True(actual.IsCut);
        }
    }

    [Fact]
    public void A_text_of_exactly_the_maximum_length_is_not_truncated()
    {
        var row = Lines<EncodeRow>("encode.jsonl").First();

        Assert.False(Bundled.Tokenizer.Encode(row.Text, row.Fast.Length).IsCut);
        Assert.True(Bundled.Tokenizer.Encode(row.Text, row.Fast.Length - 1).IsCut);
    }

    [Fact]
    public void A_batch_is_padded_and_masked_as_by_the_reference()
    {
        var expected = Whole<BatchFile>("batch.json");

        using var scope = torch.NewDisposeScope();
        int[][] rows = [.. expected.Texts.Select(text => Bundled.Tokenizer.Encode(text).Ids)];
        using var tokens = TokenRows.Of(rows, torch.CPU);

        Assert.Equal(expected.InputIds.Zip(expected.AttentionMask, (ids, mask) => ids.Take(mask.Sum())), rows);
        Assert.Equal(expected.InputIds[0].Length, tokens.Longest);
        Assert.Equal(expected.AttentionMask.SelectMany(row => row).Select(value => value == 1), tokens.Mask!.data<float>().Select(term => term == 0));
    }

    static string Difference<T>(string what, T expected, T actual) =>
        $"{what}: expected {JsonSerializer.Serialize(expected)}, actual {JsonSerializer.Serialize(actual)}";

    static IEnumerable<T> Lines<T>(string file) =>
        File.ReadLines(Golden.Path($"tokenizer/{file}")).Select(line => JsonSerializer.Deserialize<T>(line, SnakeCase)!);

    static T Whole<T>(string file) =>
        JsonSerializer.Deserialize<T>(File.ReadAllText(Golden.Path($"tokenizer/{file}")), SnakeCase)!;

    sealed record EncodeRow(int Id, string Text, int[] Fast, string Decoded);

    sealed record TruncateRow(string Text, int MaxLength, int[] Ids);

    sealed record BatchFile(string[] Texts, int[][] InputIds, int[][] AttentionMask);
}
