using System.Text.Json.Nodes;
using LoraHub.Formats.ModelConfig;
using LoraHub.Inference.Tokenization;

namespace LoraHub.Inference.Tests.Tokenization;

/// <summary>A normalizer may not make a text so long that it takes the machine's memory.</summary>
public sealed class NormalizerGrowthTests
{
    [Theory]
    [InlineData("""{"type": "Replace", "pattern": {"String": "b"}, "content": "$long"}""", 1)]
    [InlineData("""{"type": "Replace", "pattern": {"String": "b"}, "content": "bbbbbbbbbbbbbbbb"}""", 4)]
    [InlineData("""{"type": "Prepend", "prepend": "$long"}""", 1)]
    public void A_normalizer_that_makes_a_text_much_longer_is_named(string step, int times)
    {
        var full = step.Replace("$long", new string('c', 100_000), StringComparison.Ordinal);
        using var folder = TokenizerFolder.Json(
            "normalizer", $$"""{"type": "Sequence", "normalizers": [{{string.Join(", ", Enumerable.Repeat(full, times))}}]}""");
        var tokenizer = T5Tokenizer.Load(folder.Path);

        var refusal = Assert.Throws<ModelException>(() => tokenizer.Encode(string.Concat(Enumerable.Repeat("ab ", 1000))));

        Assert.StartsWith("tokenizer.json has a normalizer `", refusal.Message, StringComparison.Ordinal);
        Assert.Contains(JsonNode.Parse(full)!["type"]!.GetValue<string>(), refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_character_that_becomes_a_sentence_is_not_too_long()
    {
        using var folder = TokenizerFolder.Json("normalizer", """{"type": "NFKC"}""");

        Assert.Equal(2000, T5Tokenizer.Load(folder.Path).Encode(new string('\uFDFA', 1000), 2000).Ids.Length); // 18 characters each
    }
}
