using LoraHub.Formats.ModelConfig;
using LoraHub.Inference.T5;

using static TorchSharp.torch;

namespace LoraHub.Inference.Tests.T5;

/// <summary>generation_config.json: its tokens are followed, the settings that greedy decoding cannot follow are named.</summary>
public sealed class GenerationConfigTests
{
    [Theory]
    [InlineData("""{"num_beams": 4, "no_repeat_ngram_size": 2}""", "num_beams 4, no_repeat_ngram_size 2")]
    [InlineData("""{"num_beams": 4, "length_penalty": 2.0, "early_stopping": true}""", "num_beams 4, length_penalty 2.0, early_stopping true")]
    [InlineData("""{"max_length": 128}""", "max_length 128")]
    [InlineData("""{"do_sample": true, "temperature": 0.7, "top_k": 50}""", "do_sample true, temperature 0.7")]
    [InlineData("""{"repetition_penalty": 1.2, "bad_words_ids": [[5]]}""", "repetition_penalty 1.2, bad_words_ids [[5]]")]
    public void Settings_that_would_change_greedy_answers_are_named(string json, string expected)
    {
        using var folder = new WildFolder("tiny-v1_1").Write();
        File.WriteAllText(folder.File("generation_config.json"), json);

        Assert.Equal(expected, string.Join(", ", Load(folder).Ignored));
    }

    [Theory]
    [InlineData("""{"num_beams": 1, "do_sample": false, "temperature": 0.7, "length_penalty": 2.0, "repetition_penalty": 1.0}""")]
    [InlineData("""{"no_repeat_ngram_size": 0, "bad_words_ids": null, "suppress_tokens": [], "use_cache": true, "transformers_version": "4.31.0"}""")]
    public void Settings_that_change_nothing_are_not_named(string json)
    {
        using var folder = new WildFolder("tiny-v1_1").Write();
        File.WriteAllText(folder.File("generation_config.json"), json);

        Assert.Empty(Load(folder).Ignored);
    }

    [Fact]
    public void Without_the_file_the_settings_of_the_configuration_count_as_in_transformers()
    {
        using var folder = new WildFolder("tiny-v1_1");
        folder.Config["num_beams"] = 4;
        folder.Config["eos_token_id"] = 3;
        folder.Write();

        var generation = Load(folder);

        Assert.Equal(["num_beams 4"], generation.Ignored);
        Assert.Equal([3], generation.EndTokenIds);
    }

    [Fact]
    public void Answers_start_and_end_with_the_tokens_of_the_file()
    {
        using var scope = NewDisposeScope();
        using var plain = new WildFolder("tiny-v1_1").Write();
        int[][] inputs = [[5, 6, 7, 1]];
        using var model = T5Model.Load(plain.Path, CPU, _ => ScalarType.Float32);
        var whole = GreedyDecoder.Generate(model, inputs, null, 8, TestContext.Current.CancellationToken)[0];

        // Ends the answer at its third token, or at an earlier place with the same one.
        using var folder = new WildFolder("tiny-v1_1").Write();
        File.WriteAllText(folder.File("generation_config.json"), $$"""{"eos_token_id": [1, {{whole[2]}}], "pad_token_id": 0}""");
        using var ending = T5Model.Load(folder.Path, CPU, _ => ScalarType.Float32);
        var ended = GreedyDecoder.Generate(ending, inputs, null, 8, TestContext.Current.CancellationToken)[0];

        Assert.Equal(whole[..(Array.IndexOf(whole, whole[2]) + 1)], ended);

        File.WriteAllText(folder.File("generation_config.json"), """{"decoder_start_token_id": 9}""");
        Assert.Equal((9, 0), (Load(folder).StartTokenId, T5Config.Load(folder.Path).DecoderStartTokenId));
    }

    [Theory]
    [InlineData("""{"eos_token_id": -1}""", "eos_token_id -1")]
    [InlineData("""{"pad_token_id": [0, 1]}""", "pad_token_id [0,1]")]
    [InlineData("[]", "generation_config.json is not a JSON object")]
    [InlineData("{", "generation_config.json is not valid JSON")]
    public void A_broken_file_is_refused_by_name(string json, string message)
    {
        using var folder = new WildFolder("tiny-v1_1").Write();
        File.WriteAllText(folder.File("generation_config.json"), json);

        Assert.Contains(message, Assert.Throws<ModelException>(() => Load(folder)).Message, StringComparison.Ordinal);
    }

    static GenerationConfig Load(WildFolder folder) => GenerationConfig.Load(folder.Path, T5Config.Load(folder.Path));
}
