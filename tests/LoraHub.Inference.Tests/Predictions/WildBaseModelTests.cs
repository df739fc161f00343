using System.Text.Json.Nodes;
using LoraHub.Core;
using LoraHub.Core.Predictions;
using LoraHub.Core.Predictions.Inputs;
using LoraHub.Inference.Predictions;
using LoraHub.Inference.Tokenization;

namespace LoraHub.Inference.Tests.Predictions;

/// <summary>Whole predictions over base models whose folders are not as ours.</summary>
public sealed class WildBaseModelTests(PredictorFixture predictions) : IClassFixture<PredictorFixture>
{
    [Fact]
    public void A_base_model_with_tokenizer_json_alone_gives_the_same_loss_and_answers()
    {
        var module = Make("alone", folder => File.Delete(Path.Combine(folder, "spiece.model")));
        var (bundled, wild) = (Predict("lorahub/t5_mini-plurals"), Predict(module));

        Assert.Equal(bundled.Output.Loss, wild.Output.Loss);
        Assert.Equal(bundled.Output.Predictions, wild.Output.Predictions);
        Assert.DoesNotContain(wild.Log, line => line.StartsWith("Answers are decoded greedily", StringComparison.Ordinal));
    }

    [Fact]
    public void An_added_token_changes_the_loss()
    {
        var module = Make("added", folder => File.WriteAllText(Path.Combine(folder, "added_tokens.json"), """{"ne tw": 4100}"""));

        Assert.NotEqual(Predict("lorahub/t5_mini-plurals").Output.Loss, Predict(module).Output.Loss);
    }

    [Fact]
    public async Task A_token_beyond_the_embedding_is_named()
    {
        var tokens = new JsonObject(Enumerable.Range(4100, 40).Select(id => KeyValuePair.Create($"<t{id}>", (JsonNode?)id))).ToJsonString();
        var module = Make("beyond", folder => File.WriteAllText(Path.Combine(folder, "added_tokens.json"), tokens));

        Assert.NotEmpty(Predict(module).Output.Weights);
        var failure = Assert.Throws<PredictionException>(() => Predict(module, "one <t4139>"));

        Assert.Contains(
            "example_inputs, entry 1: its token `<t4139>` has the id 4139, but the base model's vocab_size is 4128", failure.Message,
            StringComparison.Ordinal);

        var (prompt, _) = PromptParser.Parse(new JsonObject { ["prompt"] = "one <t4139>" });
        var refused = await Assert.ThrowsAsync<PredictionException>(() => predictions.Predictor.GenerateAsync(
            new GenerationPlan(prompt!, "wild/beyond", null, 1), new LogLines(), TestContext.Current.CancellationToken));

        Assert.Contains("prompt: its token `<t4139>` has the id 4139", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Generation_settings_that_are_not_followed_are_named_in_the_log()
    {
        var module = Make("beams", folder => File.WriteAllText(
            Path.Combine(folder, "generation_config.json"), """{"decoder_start_token_id": 0, "num_beams": 4, "no_repeat_ngram_size": 2}"""));

        Assert.Contains(
            "Answers are decoded greedily; not followed of the base model's generation settings: num_beams 4, no_repeat_ngram_size 2.",
            Predict(module).Log);
    }

    [Fact]
    public void A_text_is_cut_to_the_tokens_that_a_setting_allows()
    {
        var limits = new LimitsOptions { TextTokens = 16 };
        using var predictor = new LoraHubPredictor(
            new InferenceOptions { Precision = Precision.Fp32 }, predictions.Library.Bases, predictions.Library, TimeProvider.System, limits);
        var folder = Directory.CreateTempSubdirectory("lorahub-limit-");
        var log = new LogLines();

        predictor.Predict(
            predictions.Plan(Request("lorahub/t5_mini-plurals", string.Concat(Enumerable.Repeat("word ", 50)))), folder.FullName, log,
            TestContext.Current.CancellationToken);

        Assert.Contains("example_inputs, entry 1, is longer than 16 tokens and was truncated.", log);
        folder.Delete(recursive: true);
    }

    [Fact]
    public void A_merged_checkpoint_of_a_wild_folder_loads_again_with_its_tokenizer()
    {
        var module = Make("merged", folder =>
        {
            File.Delete(Path.Combine(folder, "spiece.model"));
            File.WriteAllText(Path.Combine(folder, "added_tokens.json"), """{"<sep>": 4100}""");
        });

        var answer = predictions.Predict(Request(module, "one <sep> two", ("output_format", "checkpoint")));

        Assert.Contains(4100, T5Tokenizer.Load(Answer.Unpack(answer.Result.CheckpointFile!)).Encode("one <sep>").Ids);
    }

    Answer Predict(string module, string input = "one two") => predictions.Predict(Request(module, input));

    static string Request(string module, string input, params (string Name, string Value)[] fields) => new JsonObject(
        fields.Select(field => KeyValuePair.Create(field.Name, (JsonNode?)field.Value)))
    {
        ["example_inputs"] = new JsonArray(input),
        ["example_outputs"] = new JsonArray("twos"),
        ["test_inputs"] = new JsonArray("cat"),
        ["module_weights"] = new JsonObject { [module] = 1 },
        ["max_new_tokens"] = 8,
    }.ToJsonString();

    /// <summary>Copies the shipped base model, changes the copy, and copies a module for it.</summary>
    string Make(string name, Action<string> change)
    {
        var folder = predictions.CopyModule("t5-mini", $"wild/{name}");
        change(folder);
        var module = $"wild/{name}-plurals";
        var config = Path.Combine(predictions.CopyModule("t5_mini-plurals", module), "adapter_config.json");
        var json = JsonNode.Parse(File.ReadAllText(config))!;
        json["base_model_name_or_path"] = $"wild/{name}";
        File.WriteAllText(config, json.ToJsonString());
        return module;
    }

    sealed class LogLines : List<string>, IPredictionProgress
    {
        public void Log(string line) => Add(line);

        public void Measure(string name, double value)
        {
        }
    }
}
