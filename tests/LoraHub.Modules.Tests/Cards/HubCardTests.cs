using LoraHub.Modules.Cards;

namespace LoraHub.Modules.Tests.Cards;

/// <summary>The front matter that the Hugging Face Hub needs is added to a card, and what the card has stays.</summary>
public sealed class HubCardTests
{
    const string Added = "- lora\n- base_model:adapter:a/base\n", Names = "base_model: a/base\nlibrary_name: peft\n";

    [Theory]
    [InlineData("# Mine\n", $"---\ntags:\n{Added}{Names}---\n\n# Mine\n")]
    [InlineData("---\nno end\n", $"---\ntags:\n{Added}{Names}---\n\n---\nno end\n")]
    [InlineData("---\n---\n# Mine", $"---\ntags:\n{Added}{Names}---\n# Mine")]
    [InlineData("---\n# a comment\n---\n", $"---\n# a comment\ntags:\n{Added}{Names}---\n")]
    [InlineData("---\nlicense: mit # ok\n---\nText\n", $"---\nlicense: mit # ok\ntags:\n{Added}{Names}---\nText\n")]
    [InlineData(
        "---\ntags: [a, 'b c', \"é: 😀\"]\nlicense: mit\n---\n",
        $"---\ntags:\n- a\n- 'b c'\n- \"é: 😀\"\n{Added}license: mit\n{Names}---\n")]
    [InlineData(
        "---\ntags:\n  - a\n  - b\n# the license\nlicense: mit\n---\n",
        $"---\ntags:\n- a\n- b\n{Added}# the license\nlicense: mit\n{Names}---\n")]
    [InlineData("---\ntags: [\n  a,\n  b\n]\nlicense: mit\n---\n", $"---\ntags:\n- a\n- b\n{Added}license: mit\n{Names}---\n")]
    [InlineData("---\nlicense: mit\ntags: one\n---\n", $"---\nlicense: mit\ntags:\n- one\n{Added}{Names}---\n")]
    [InlineData("---\ntags:\n---\n", $"---\ntags:\n{Added}{Names}---\n")]
    [InlineData("---\ntags: []\n---\n", $"---\ntags:\n{Added}{Names}---\n")]
    [InlineData(
        "---\nbase_model: b/other\nlibrary_name: transformers\n---\n",
        $"---\nbase_model: b/other\nlibrary_name: transformers\ntags:\n{Added}---\n")]
    [InlineData("---\ntags:\n- LoRA\n- lora\n---\n", $"---\ntags:\n- LoRA\n- lora\n- base_model:adapter:a/base\n{Names}---\n")]
    public void What_is_missing_is_added_once(string card, string completed)
    {
        Assert.Equal(completed, HubCard.Complete(card, "me/x", "a/base"));
        Assert.Equal(completed, HubCard.Complete(completed, "me/x", "a/base"));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("  \n")]
    public void A_missing_card_gets_a_short_one(string? card)
    {
        var completed = HubCard.Complete(card, "me/x", "a/base");

        Assert.StartsWith($"---\ntags:\n{Added}{Names}---\n\n# me/x\n\nA LoRA adapter for `a/base`", completed, StringComparison.Ordinal);
        Assert.Equal(completed, HubCard.Complete(completed, "me/x", "a/base"));
    }

    [Fact]
    public void Windows_line_ends_are_read()
    {
        var completed = HubCard.Complete("---\r\ntags:\r\n- a\r\nlicense: mit\r\n---\r\nText\r\n", "me/x", "a/base");
        var card = CardReader.Read(System.Text.Encoding.UTF8.GetBytes(completed));

        Assert.Equal(["a", "lora", "base_model:adapter:a/base"], card.Tags);
        Assert.Equal("mit", card.License);
    }

    [Theory]
    [InlineData("---\n{tags: [a], license: mit}\n---\n")]
    [InlineData("---\na: [\n---\n")]
    [InlineData("---\n- a\n---\n")]
    [InlineData("---\na: &x 1\nb: *x\n---\n")]
    [InlineData("---\n  license: mit\n  tags: [a]\n---\n")]
    public void Front_matter_that_cannot_be_completed_is_refused(string card)
    {
        var error = Assert.Throws<InvalidDataException>(() => HubCard.Complete(card, "me/x", "a/base"));

        Assert.StartsWith("README.md: the front matter between the lines `---` is not plain YAML;", error.Message, StringComparison.Ordinal);
    }
}
