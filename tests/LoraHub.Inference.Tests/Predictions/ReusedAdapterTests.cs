using System.IO.Compression;
using System.Security.Cryptography;
using System.Text.Json;
using LoraHub.Core.Predictions;

namespace LoraHub.Inference.Tests.Predictions;

/// <summary>An earlier result answers further test inputs without a search.</summary>
public sealed class ReusedAdapterTests(PredictorFixture predictions) : IClassFixture<PredictorFixture>
{
    const string Task = "antonym_nonce";

    [Theory]
    [InlineData("factors")]
    [InlineData("delta")]
    public void A_result_answers_as_the_prediction_that_made_it(string composition)
    {
        var made = predictions.Predict(TaskRequest.Of(Task, $$"""
            "seed": 1, "max_inference_step": 10, "composition": "{{composition}}", "num_random_lora_modules": 5
            """, tests: 8));

        var again = predictions.PredictAgain(made, TaskRequest.Of(Task, "", tests: 8));

        Assert.Equal(made.Output.Predictions, again.Output.Predictions);
        Assert.Equal(made.Output.ZeroShot, again.Output.ZeroShot);
        Assert.Equal(made.Output.Accuracy, again.Output.Accuracy);
        Assert.Empty(again.Output.Weights);
        Assert.Equal(File.ReadAllBytes(made.Result.AdapterFile), File.ReadAllBytes(again.Result.AdapterFile));
        Assert.DoesNotContain(again.Log, line => line.Contains("recommended weight set", StringComparison.Ordinal));
    }

    [Fact]
    public void A_result_is_merged_into_a_checkpoint_on_request()
    {
        var made = predictions.Predict(TaskRequest.Of(Task, "\"seed\": 1, \"max_inference_step\": 10, \"output_format\": \"checkpoint\""));

        var again = predictions.PredictAgain(made, """{"output_format": "checkpoint"}""");

        Assert.Equal(Names(made.Result.CheckpointFile!), Names(again.Result.CheckpointFile!));
        Assert.Equal(TaskRequest.Card(made), TaskRequest.Card(again));

        static IEnumerable<string> Names(string zip)
        {
            using var archive = ZipFile.OpenRead(zip);
            return [.. archive.Entries.Select(entry => entry.FullName)];
        }
    }

    [Fact]
    public void A_module_as_adapter_is_that_module_alone()
    {
        var adapted = predictions.Predict(TaskRequest.Of(Task, "\"adapter\": \"lorahub/t5_mini-antonyms\"", tests: 4));

        Assert.Equal(("lorahub/t5_mini-antonyms", 1.0), Assert.Single(adapted.Output.Weights) is var (module, weight, _) ? (module, weight) : default);
        Assert.NotEqual(adapted.Output.ZeroShot, adapted.Output.Predictions);
    }

    [Fact]
    public void Zero_shot_answers_stand_beside_the_adapted_ones_without_test_outputs_too()
    {
        var withOutputs = predictions.Predict(TaskRequest.Of(Task, "\"seed\": 1, \"max_inference_step\": 10", tests: 4));
        var without = predictions.Predict(TaskRequest.Of(Task, "\"seed\": 1, \"max_inference_step\": 10", tests: 4, hasTestOutputs: false));

        Assert.Equal(4, without.Output.ZeroShot!.Count);
        Assert.Equal(withOutputs.Output.ZeroShot, without.Output.ZeroShot);
        Assert.Null(without.Output.Accuracy);
    }

    [Theory]
    [InlineData("\"adapter\": \"no-such-prediction\"", "adapter: It is not a module")]
    [InlineData("\"adapter\": \"lorahub/t5_mini-nothing\"", "adapter: `lorahub/t5_mini-nothing` is not recognized")]
    [InlineData("\"adapter\": \"a/b\", \"lora_modules_specified\": \"a/b\"", "leave lora_modules_specified out")]
    [InlineData("\"adapter\": \"a/b\", \"module_weights\": {\"a/b\": 1}", "leave module_weights out")]
    public void An_adapter_that_cannot_be_used_is_refused_before_any_work(string fields, string message)
    {
        var refused = Assert.Throws<PredictionException>(() => predictions.Plan($"{{{fields}}}"));

        Assert.Contains(message, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Another_file_of_a_result_is_no_adapter()
    {
        var made = predictions.Predict(TaskRequest.Of(Task, "\"seed\": 1, \"max_inference_step\": 10"));
        var trace = made with { Result = made.Result with { AdapterFile = made.Result.TraceFile! } };

        var refused = Assert.Throws<PredictionException>(() => predictions.PredictAgain(trace, "{}"));

        Assert.EndsWith(" is not an adapter.zip.", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_card_names_the_digest_of_the_examples()
    {
        var made = predictions.Predict(
            """{"example_inputs": "a\nb", "example_outputs": "c\nd", "seed": 1, "max_inference_step": 10}""");

        var digest = Convert.ToHexStringLower(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(new[] { new[] { "a", "c" }, ["b", "d"] })));
        Assert.Contains($"| few-shot examples | 2 (sha256 of their JSON {digest}) |", TaskRequest.Card(made), StringComparison.Ordinal);
    }
}
