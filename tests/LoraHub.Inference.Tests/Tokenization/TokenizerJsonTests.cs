using System.Text.Json;
using System.Text.Json.Nodes;
using LoraHub.Inference.Tokenization;

namespace LoraHub.Inference.Tests.Tokenization;

/// <summary>tokenizer.json as transformers and people who train their own T5 write it.</summary>
public sealed class TokenizerJsonTests
{
    const string HubStyle = """
        {"type": "Sequence", "pretokenizers": [{"type": "WhitespaceSplit"}, {"type": "Metaspace", "replacement": "▁", "add_prefix_space": true}]}
        """;

    const string TrainedStyle = """
        {"type": "Sequence", "normalizers": [{"type": "Nmt"}, {"type": "NFKC"}, {"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": " "},
        {"type": "Lowercase"}]}
        """;

    [Theory]
    [InlineData("tokenizer.json")]
    [InlineData("spiece.model")]
    public void Either_file_alone_gives_the_ids_of_the_reference(string file)
    {
        using var folder = TokenizerFolder.With(file);
        var tokenizer = T5Tokenizer.Load(folder.Path);

        Assert.All(File.ReadLines(Golden.Path("tokenizer/encode.jsonl")), line =>
        {
            var row = JsonNode.Parse(line)!;
            Assert.Equal(row["fast"].Deserialize<int[]>()!, tokenizer.Encode(row["text"]!.GetValue<string>(), int.MaxValue).Ids);
        });
    }

    [Theory]
    [InlineData(false, "<sep>")]
    [InlineData(false, "newtoken")]
    [InlineData(true, "[EVENT]")]
    public void An_added_token_has_its_own_id_wherever_it_stands(bool special, string token)
    {
        using var folder = TokenizerFolder.Added(token, special);

        Assert.Equal([TokenizerFolder.Next, .. Plain(" a dog "), TokenizerFolder.Next, .. Plain(" big")], folder.Ids($"{token} a dog {token} big"));
        Assert.Equal([.. Plain("a dog"), TokenizerFolder.Next, .. Plain("big")], folder.Ids($"a dog{token}big"));
        Assert.Equal(special ? "a dog" : $"a dog{token}", T5Tokenizer.Load(folder.Path).Decode([.. Plain("a dog"), TokenizerFolder.Next, 1]));
    }

    [Fact]
    public void Of_two_added_tokens_the_longer_one_is_found()
    {
        using var folder = TokenizerFolder.Json(json =>
        {
            json["added_tokens"]!.AsArray().Add(JsonNode.Parse("""{"id": 4100, "content": "<a", "special": true, "normalized": false}"""));
            json["added_tokens"]!.AsArray().Add(JsonNode.Parse("""{"id": 4101, "content": "<ab>", "special": true, "normalized": false}"""));
        });

        Assert.Equal([4101, 4100], folder.Ids("<ab><a"));
    }

    [Fact]
    public void A_normalized_token_is_found_in_the_normalized_text_and_another_one_in_the_given_text()
    {
        using var normalized = TokenizerFolder.Added("ﬁx", normalized: true);
        using var raw = TokenizerFolder.Added("ﬁx", normalized: false);

        Assert.Equal([TokenizerFolder.Next], normalized.Ids("fix"));
        Assert.Equal([TokenizerFolder.Next], raw.Ids("ﬁx"));
        Assert.Equal(Plain("fix"), raw.Ids("fix"));
    }

    [Fact]
    public void Flags_of_an_added_token_are_followed()
    {
        using var word = TokenizerFolder.Added("cat", flags: """{"single_word": true}""");
        using var left = TokenizerFolder.Added("<m>", special: true, flags: """{"lstrip": true}""");
        using var right = TokenizerFolder.Added("<m>", special: true, flags: """{"rstrip": true}""");

        Assert.Equal([.. Plain("the "), TokenizerFolder.Next, .. Plain(". cats")], word.Ids("the cat. cats"));
        Assert.Equal([.. Plain("a"), TokenizerFolder.Next, .. Plain(" b")], left.Ids("a  <m> b"));
        Assert.Equal([.. Plain("a "), TokenizerFolder.Next, .. Plain("b")], right.Ids("a <m>  b"));
    }

    [Fact]
    public void The_normalizer_of_the_file_is_followed_though_spiece_model_has_another()
    {
        using var folder = TokenizerFolder.Json("normalizer", """{"type": "Sequence", "normalizers": [{"type": "Lowercase"}, $precompiled]}""");
        File.Copy(Path.Combine(Bundled.Folder, "spiece.model"), Path.Combine(folder.Path, "spiece.model"));

        Assert.Equal(Plain("the cat is big"), folder.Ids("The CAT is Big"));
    }

    [Theory]
    [InlineData("The  CAT\tis \uFB01ne", "the cat is fine")]
    [InlineData("e\u0301te\u0301 \u0130", "été i\u0307")]
    [InlineData("zero\u200Bwidth\u0007", "zero width")]
    public void The_normalizers_of_a_T5_trained_with_the_library_are_followed(string text, string equal)
    {
        using var folder = TokenizerFolder.Json("normalizer", TrainedStyle);
        using var none = TokenizerFolder.Json("normalizer", "null");

        Assert.Equal(none.Ids(equal), folder.Ids(text));
    }

    [Theory]
    [InlineData("""{"type": "StripAccents"}""", "e\u0301te", "ete")]
    [InlineData("""{"type": "Sequence", "normalizers": [{"type": "NFD"}, {"type": "StripAccents"}]}""", "été", "ete")]
    [InlineData("""{"type": "NFC"}""", "e\u0301", "é")]
    [InlineData("""{"type": "NFKD"}""", "ﬁ", "fi")]
    [InlineData("""{"type": "Strip", "strip_left": true, "strip_right": true}""", "  a b ", "a b")]
    [InlineData("""{"type": "Replace", "pattern": {"String": "."}, "content": "$1"}""", "a.b", "a$1b")]
    [InlineData("""{"type": "Prepend", "prepend": "x"}""", "a", "xa")]
    public void Each_normalizer_does_what_its_name_says(string normalizer, string text, string equal)
    {
        using var folder = TokenizerFolder.Json("normalizer", normalizer);
        using var none = TokenizerFolder.Json("normalizer", "null");

        Assert.Equal(none.Ids(equal), folder.Ids(text));
    }

    [Fact]
    public void What_newer_versions_of_transformers_write_gives_the_same_ids_without_trailing_spaces()
    {
        using var folder = TokenizerFolder.Json(json =>
        {
            var strip = JsonNode.Parse("""{"type": "Strip", "strip_left": false, "strip_right": true}""");
            json["normalizer"]!["normalizers"]!.AsArray().Insert(1, strip);
            json["normalizer"]!["normalizers"]![2]!["content"] = "▁";
            json["pre_tokenizer"] = JsonNode.Parse("""{"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": true}""");
            json["decoder"] = json["pre_tokenizer"]!.DeepClone();
            json["model"]!["byte_fallback"] = false;
        });

        Assert.Equal(Plain("The  cat is   big"), folder.Ids("The  cat is   big  "));
    }

    [Fact]
    public void Hub_files_that_split_at_white_space_first_drop_all_of_it()
    {
        using var folder = TokenizerFolder.Json("pre_tokenizer", HubStyle);

        Assert.Equal(Plain("The cat is big"), folder.Ids(" The  cat\u3000is\nbig  "));
    }

    [Theory]
    [InlineData("first", "▁the</s>the")]
    [InlineData("always", "▁the</s>▁the")]
    [InlineData("never", "the</s>the")]
    public void The_prepend_scheme_says_which_words_get_a_mark(string scheme, string marked)
    {
        using var folder = TokenizerFolder.Json(
            "pre_tokenizer", $$"""{"type": "Metaspace", "replacement": "▁", "prepend_scheme": "{{scheme}}", "split": true}""");
        using var bare = TokenizerFolder.Json(json => (json["pre_tokenizer"], json["normalizer"]) = (null, null));

        Assert.Equal(bare.Ids(marked), folder.Ids("the</s>the"));
    }

    [Theory]
    [InlineData("""{"type": "Digits", "individual_digits": true}""", "1234", 4)]
    [InlineData("""{"type": "Digits", "individual_digits": false}""", "zzzzz½²zzzzz", 3)]
    [InlineData("""{"type": "Punctuation"}""", "?!+", 3)]
    [InlineData("""{"type": "Punctuation", "behavior": "Contiguous"}""", "zzz?!+zzz", 3)]
    public void Splits_separate_what_the_model_would_join(string splitter, string text, int least)
    {
        using var folder = TokenizerFolder.Json(json =>
        {
            json["normalizer"] = null;
            json["pre_tokenizer"] = JsonNode.Parse(splitter);

            // One piece for each text: without the split it would be taken whole.
            json["model"]!["vocab"]![3] = new JsonArray(text, 100.0);
        });

        Assert.True(folder.Ids(text).Length >= least);
        Assert.DoesNotContain(3, folder.Ids(text));
    }

    [Theory]
    [InlineData("model", """{"type": "BPE", "vocab": {}, "merges": []}""", "its model is of type `BPE`")]
    [InlineData("model", """{"type": "Unigram", "unk_id": null, "vocab": [["a", 0.0]]}""", "unk_id")]
    [InlineData("model", """{"type": "Unigram", "unk_id": 9, "vocab": [["a", 0.0]]}""", "unk_id")]
    [InlineData("model", """{"type": "Unigram", "unk_id": 0, "byte_fallback": true, "vocab": [["a", 0.0]]}""", "byte_fallback")]
    [InlineData("normalizer", """{"type": "BertNormalizer"}""", "the normalizer `BertNormalizer` is not supported")]
    [InlineData("normalizer", """{"type": "Replace", "pattern": {"Regex": "[[:alpha:]]"}, "content": ""}""", "the pattern `[[:alpha:]]`")]
    [InlineData("normalizer", """{"type": "Replace", "pattern": {"Regex": "(?<=a)b"}, "content": ""}""", "the pattern `(?<=a)b`")]
    [InlineData("normalizer", """{"type": "Precompiled", "precompiled_charsmap": "AAA"}""", "not a file of the tokenizers library")]
    [InlineData("pre_tokenizer", """{"type": "ByteLevel"}""", "the pre_tokenizer `ByteLevel` is not supported")]
    [InlineData("pre_tokenizer", """{"type": "Punctuation", "behavior": "Removed"}""", "the behavior `Removed`")]
    [InlineData("post_processor", "null", "the post_processor must be a TemplateProcessing")]
    [InlineData("post_processor", """{"type": "RobertaProcessing"}""", "the post_processor must be a TemplateProcessing")]
    [InlineData("decoder", """{"type": "ByteFallback"}""", "the decoder `ByteFallback` is not supported")]
    [InlineData("decoder", "null", "the decoder `null` is not supported")]
    public void A_part_that_is_not_supported_is_refused_by_name(string part, string value, string message)
    {
        using var folder = TokenizerFolder.Json(part, value);

        AssertRefused(folder, message);
    }

    [Fact]
    public void An_added_token_with_another_id_than_the_library_would_give_it_is_refused()
    {
        using var folder = TokenizerFolder.Added("<sep>", flags: """{"id": 4200}""");

        AssertRefused(folder, "the added token `<sep>` has the id 4200, but the tokenizers library gives it 4100");
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("{\"model\": 1}")]
    [InlineData("version https://git-lfs.github.com/spec/v1")]
    public void A_broken_file_is_named(string content)
    {
        using var folder = TokenizerFolder.With("spiece.model").Write("tokenizer.json", content);

        AssertRefused(folder, "tokenizer.json");
    }

    static int[] Plain(string text) => Bundled.Tokenizer.Encode(text).Ids[..^1];

    static void AssertRefused(TokenizerFolder folder, string message)
    {
        var refusal = Assert.Throws<InvalidDataException>(() => T5Tokenizer.Load(folder.Path)).Message;
        Assert.StartsWith("tokenizer.json", refusal, StringComparison.Ordinal);
        Assert.Contains(message, refusal, StringComparison.Ordinal);
    }
}
