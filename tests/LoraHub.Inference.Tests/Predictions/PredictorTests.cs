using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

using LoraHub.Core.Predictions;
using LoraHub.Inference.Adaptation;
using LoraHub.Inference.Lora;
using LoraHub.Inference.T5;
using LoraHub.Inference.Tokenization;

using static TorchSharp.torch;

namespace LoraHub.Inference.Tests.Predictions;

/// <summary>Whole predictions on the shipped bundle.</summary>
public sealed partial class PredictorTests(PredictorFixture predictions) : IClassFixture<PredictorFixture>
{
    const string PluralTask = """
        "example_inputs": "zorp [ teacher ]\nzorp [ nurse ]\nzorp [ life ]", "example_outputs": "teachers\nnurses\nlives",
        "lora_modules_specified": "lorahub/t5_mini-plurals, lorahub/t5_mini-antonyms", "max_inference_step": 10
        """;

    [Fact]
    public void Three_examples_are_enough_for_a_task_that_the_model_cannot_do()
    {
        var answer = predictions.Predict($$"""{ {{PluralTask}}, "test_inputs": "zorp [ dog ]\nzorp [ city ]", "test_outputs": "dogs\ncities" }""");

        Assert.Equal(["dogs", "cities"], answer.Output.Predictions);
        Assert.Equal(new AccuracyReport(0, 100), answer.Output.Accuracy);
        Assert.True(answer.Output.Loss!.Adapted < answer.Output.Loss.ZeroShot);
        Assert.Equal(10, answer.Output.Loss.Evaluations);
        Assert.Equal("lorahub/t5_mini-plurals", answer.Output.Weights[0].Module);
    }

    [Fact]
    public void The_log_has_every_line_from_the_seed_to_the_times()
    {
        var log = predictions.Predict($$"""{ {{PluralTask}}, "seed": 42 }""").Log;

        Assert.Equal("Using seed: 42", log[0]);
        Assert.Contains(log, line => line.StartsWith("  lorahub/t5_mini-plurals (r 8, sha256 ", StringComparison.Ordinal));
        Assert.Equal(10, log.Count(line => ReplicateProgress().IsMatch(line)));
        Assert.Contains(log, line => line.StartsWith("100%|██████████| 10/10 [", StringComparison.Ordinal));
        var recommended = log.ToList().IndexOf("The recommended weight set for the LoRA modules is:");
        Assert.Matches(@"^-?\d\.\d{4}: lorahub/t5_mini-plurals$", log[recommended + 1]);
        Assert.StartsWith("Times: search ", log[^1], StringComparison.Ordinal);
        Assert.All(log, line => Assert.DoesNotContain('\r', line));
    }

    [Fact]
    public void The_same_request_gives_the_same_bytes_and_another_seed_other_modules()
    {
        var first = predictions.Predict("""{"seed": 7, "max_inference_step": 10, "num_random_lora_modules": 3}""");
        var again = predictions.Predict("""{"seed": 7, "max_inference_step": 10, "num_random_lora_modules": 3}""");
        var other = predictions.Predict("""{"seed": 8, "max_inference_step": 10, "num_random_lora_modules": 3}""");

        Assert.Equal(File.ReadAllBytes(first.Result.AdapterFile), File.ReadAllBytes(again.Result.AdapterFile));
        Assert.Equal(first.Output.Weights, again.Output.Weights);
        Assert.NotEqual(Modules(first), Modules(other));

        static IEnumerable<string> Modules(Answer answer) => answer.Output.Weights.Select(weight => weight.Module).Order(StringComparer.Ordinal);
    }

    [Theory]
    [InlineData("factors")]
    [InlineData("delta")]
    public void The_adapter_has_the_files_keys_and_settings_of_PEFT_and_the_loss_of_the_search(string composition)
    {
        using var scope = NewDisposeScope();
        var answer = predictions.Predict($$"""{ {{PluralTask}}, "composition": "{{composition}}" }""");
        var folder = Answer.Unpack(answer.Result.AdapterFile);
        using var model = TestModels.Mini(ScalarType.Float32);
        using var written = LoraModule.Load(new() { Id = "a/b", Folder = folder }, model);
        using var alone = new FactorsComposition([written], ScalarType.Float32);
        using var examples = Examples(model);

        var config = JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "adapter_config.json")))!.AsObject();
        var peft040 = JsonNode.Parse(File.ReadAllText(Path.Combine(Golden.Models, "lorahub", "t5_mini-plurals", "adapter_config.json")))!.AsObject();
        Assert.Equal(peft040.Select(pair => pair.Key), config.Select(pair => pair.Key));
        Assert.Equal(["README.md", "adapter_config.json", "adapter_model.safetensors"],
            Directory.EnumerateFiles(folder).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.Equal(["q", "v"], config["target_modules"]!.AsArray().Select(target => target!.GetValue<string>()));
        Assert.Contains("lorahub/t5_mini-plurals", File.ReadAllText(Path.Combine(folder, "README.md")), StringComparison.Ordinal);

        // The loss of the adapter that PEFT loads equals the search's loss without its regularization term.
        var loss = examples.MeanTokenLosses(alone.Compose([[1.0]]), TestContext.Current.CancellationToken)[0] / 3;
        var regularization = 0.05 * answer.Output.Weights.Average(weight => Math.Abs(weight.Weight));
        GoldenTensors.AssertClose(answer.Output.Loss!.Adapted, loss + regularization, 1e-5, "loss");
    }

    [Fact]
    public void A_merged_checkpoint_answers_as_the_adapted_model_does()
    {
        var answer = predictions.Predict($$"""{ {{PluralTask}}, "output_format": "checkpoint" }""");
        var folder = Answer.Unpack(answer.Result.CheckpointFile!);
        using var merged = T5Model.Load(folder, CPU, _ => ScalarType.Float32);
        using var examples = Examples(merged);

        var regularization = 0.05 * answer.Output.Weights.Average(weight => Math.Abs(weight.Weight));
        GoldenTensors.AssertClose(answer.Output.Loss!.Adapted,
            (examples.MeanTokenLosses(null, TestContext.Current.CancellationToken)[0] / 3) + regularization, 1e-4, "loss");
        Assert.True(File.Exists(Path.Combine(folder, "spiece.model")));
        Assert.Equal("float32", JsonNode.Parse(File.ReadAllText(Path.Combine(folder, "config.json")))!["torch_dtype"]!.GetValue<string>());
    }

    [Fact]
    public void The_weights_of_a_result_compose_again_without_a_search()
    {
        var searched = predictions.Predict($$"""{ {{PluralTask}}, "test_inputs": "zorp [ dog ]" }""");
        var weights = new JsonObject([.. searched.Output.Weights.Select(weight => KeyValuePair.Create(weight.Module, (JsonNode?)weight.Weight))]);

        var again = predictions.Predict($$"""{"module_weights": {{weights.ToJsonString()}}, "test_inputs": "zorp [ dog ]" }""");

        Assert.Equal(searched.Output.Predictions, again.Output.Predictions);
        Assert.Equal(searched.Output.Weights.ToHashSet(), again.Output.Weights.ToHashSet());
        Assert.Null(again.Output.Loss);
        Assert.DoesNotContain(again.Log, line => line.Contains('%', StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("1e30", "\"example_inputs\": \"a\", \"example_outputs\": \"b\", ",
        "module_weights: with these weights the loss is not a finite number")]
    [InlineData("1e300", "", "The composed adapter holds numbers that are not finite")]
    public void Extreme_weights_fail_instead_of_producing_a_broken_adapter(string weight, string examples, string message)
    {
        var exception = Assert.Throws<PredictionException>(() =>
            predictions.Predict($$"""{ {{examples}} "module_weights": {"lorahub/t5_mini-plurals": {{weight}} } }"""));

        Assert.StartsWith(message, exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_pad_token_that_a_target_spells_out_does_not_count_as_in_the_reference()
    {
        using var scope = NewDisposeScope();
        using var model = TestModels.Mini(ScalarType.Float32);
        using var without = new FewShotExamples(model, [[10, 11, 1]], [[12, 13, 1]]);
        using var with = new FewShotExamples(model, [[10, 11, 1]], [[12, 13, 1, 0]]);

        GoldenTensors.AssertClose(
            without.MeanTokenLosses(null, TestContext.Current.CancellationToken)[0],
            with.MeanTokenLosses(null, TestContext.Current.CancellationToken)[0], 1e-6, "loss");
    }

    [Fact]
    public void Modules_of_any_rank_and_targets_compose_exactly()
    {
        var answer = predictions.Predict("""
            {"lora_modules_specified": "lorahub/t5_mini-booleans_r16, lorahub/t5_mini-nli_r4, lorahub/t5_mini-acronyms_all_linear",
             "composition": "delta", "objective": "token_loss", "max_inference_step": 10}
            """);

        Assert.True(answer.Output.Loss!.Adapted <= answer.Output.Loss.ZeroShot);
    }

    [Fact]
    public void A_text_of_100_000_characters_is_truncated_with_a_log_line()
    {
        var text = string.Join(' ', Enumerable.Repeat("teacher", 100_000 / 8));

        var answer = predictions.Predict($$"""{ {{PluralTask}}, "test_inputs": "{{text}}", "max_new_tokens": 1 }""");

        Assert.Contains("test_inputs, entry 1, is longer than 2048 tokens and was truncated.", answer.Log);
        Assert.Single(answer.Output.Predictions!);
    }

    [Fact]
    public void A_search_ends_within_one_evaluation_of_being_canceled()
    {
        using var canceled = new CancellationTokenSource();
        var evaluations = 0;

        Assert.ThrowsAny<OperationCanceledException>(() => predictions.Watch($"{{ {PluralTask} }}", Watch, canceled.Token));
        Assert.Equal(3, evaluations);

        void Watch(string line)
        {
            evaluations += line.Contains("/10 [", StringComparison.Ordinal) ? 1 : 0;
            if (evaluations == 3)
            {
                canceled.Cancel();
            }
        }
    }

    // The expression with which the npm and Python clients read progress.
    [GeneratedRegex(@"^\s*(\d+)%\s*\|.+?\|\s*(\d+)\/(\d+)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex ReplicateProgress();

    static FewShotExamples Examples(T5Model model)
    {
        var tokenizer = T5Tokenizer.Load(Path.Combine(Golden.Models, "lorahub", "t5-mini"));
        return new FewShotExamples(
            model,
            [.. new[] { "zorp [ teacher ]", "zorp [ nurse ]", "zorp [ life ]" }.Select(text => tokenizer.Encode(text).Ids)],
            [.. new[] { "teachers", "nurses", "lives" }.Select(text => tokenizer.Encode(text).Ids)]);
    }
}
