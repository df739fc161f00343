using LoraHub.Inference.Tokenization;

namespace LoraHub.Inference.Tests.Tokenization;

/// <summary>Tokens that tokenizer_config.json, special_tokens_map.json and added_tokens.json add to either kind of tokenizer file.</summary>
public sealed class SpecialTokenFileTests
{
    const int Next = TokenizerFolder.Next;

    [Theory]
    [InlineData("tokenizer.json")]
    [InlineData("spiece.model")]
    public void Added_tokens_follow_the_vocabulary_in_the_order_of_their_ids(string file)
    {
        using var folder = TokenizerFolder.With(file).Write("added_tokens.json", """{"newtoken": 4101, "<sep>": 4100}""");

        Assert.Equal([Next, .. Plain(" a "), Next + 1], folder.Ids("<sep> a newtoken"));
    }

    [Theory]
    [InlineData("tokenizer.json")]
    [InlineData("spiece.model")]
    public void Tokens_that_newer_versions_list_in_the_configuration_are_added(string file)
    {
        using var folder = TokenizerFolder.With(file).Write("tokenizer_config.json", """
            {"extra_ids": 100, "added_tokens_decoder": {
              "0": {"content": "<pad>", "special": true, "normalized": false},
              "4100": {"content": "<sep>", "special": true, "normalized": false, "lstrip": false, "rstrip": false, "single_word": false}}}
            """);

        Assert.Equal([Next, .. Plain(" a")], folder.Ids("<sep> a"));
        Assert.Equal("a", T5Tokenizer.Load(folder.Path).Decode([Next, .. Plain("a")]));
    }

    [Theory]
    [InlineData("tokenizer.json")]
    [InlineData("spiece.model")]
    public void Special_tokens_that_the_vocabulary_lacks_get_the_next_ids(string file)
    {
        using var folder = TokenizerFolder.With(file)
            .Write("special_tokens_map.json", """{"bos_token": "<s>", "additional_special_tokens": ["<a>", {"content": "<b>", "lstrip": true}]}""");

        Assert.Equal([Next, Next + 1, Next + 2], folder.Ids("<s><a> <b>"));
        Assert.Equal("", T5Tokenizer.Load(folder.Path).Decode([Next, Next + 1, Next + 2, 1]));
    }

    [Fact]
    public void A_null_is_a_missing_setting()
    {
        using var folder = TokenizerFolder.With("tokenizer.json").Write(
            "tokenizer_config.json", """{"extra_ids": null, "additional_special_tokens": null, "clean_up_tokenization_spaces": null}""");

        Assert.Equal([.. Plain("a"), 4099], folder.Ids("a<extra_id_0>"));
    }

    [Theory]
    [InlineData("added_tokens.json", """{"<sep>": 4200}""", "gives the added token `<sep>` the id 4200, but the tokenizer has 4100")]
    [InlineData("added_tokens.json", """{"<pad>": 5}""", "gives the added token `<pad>` the id 5, but the tokenizer has 0")]
    [InlineData("added_tokens.json", "[1]", "added_tokens.json is not a file of a T5 tokenizer")]
    [InlineData("special_tokens_map.json", """{"eos_token": 1}""", "special_tokens_map.json is not a file of a T5 tokenizer")]
    [InlineData("tokenizer_config.json", """{"additional_special_tokens": ["<extra_id_0>"]}""", "additional_special_tokens lists 1")]
    public void What_transformers_would_not_accept_is_refused_by_name(string file, string content, string message)
    {
        using var folder = TokenizerFolder.With("spiece.model").Write(file, content);

        Assert.Contains(message, Assert.Throws<InvalidDataException>(() => T5Tokenizer.Load(folder.Path)).Message, StringComparison.Ordinal);
    }

    static int[] Plain(string text) => Bundled.Tokenizer.Encode(text).Ids[..^1];
}
