using System.Text.Json;
using LoraHub.Core.Predictions;

namespace LoraHub.Inference.Tests.Predictions;

/// <summary>The method <c>tuned</c> as a client sees it.</summary>
public sealed class TunedMethodTests(PredictorFixture predictions) : IClassFixture<PredictorFixture>
{
    const string Task = "past_in_brackets";

    // Of several ranks, targets and scalings.
    const string Pool = "\"lora_modules_specified\": \"lorahub/t5_mini-past_tense, lorahub/t5_mini-brackets, lorahub/t5_mini-booleans_r16, "
        + "lorahub/t5_mini-nli_r4, lorahub/t5_mini-acronyms_all_linear\"";

    const string Tuned = $"\"method\": \"tuned\", \"tuning_steps\": 4, \"max_inference_step\": 15, \"seed\": 1, {Pool}";

    [Fact]
    public void The_loss_falls_and_everything_says_what_was_tuned()
    {
        var answer = predictions.Predict(TaskRequest.Of(Task, Tuned, tests: 8));

        var (output, trace, card) = (answer.Output, TaskRequest.Trace(answer), TaskRequest.Card(answer));
        Assert.Equal(4, output.Tuning!.Steps);
        Assert.True(output.Tuning.Loss < output.Tuning.ComposedLoss);
        Assert.True(output.Loss!.Adapted <= output.Loss.ZeroShot);
        Assert.InRange(output.Loss.Evaluations, 1, 15);
        Assert.Equal([0, 1, 2, 3], trace.Tuning!.Select(step => step.Index));
        Assert.Equal(output.Tuning.ComposedLoss, trace.Tuning![0].Loss, 1e-4);
        Assert.Contains(answer.Log, line => line.StartsWith("100%|██████████| 4/4 [", StringComparison.Ordinal));
        Assert.Contains("then tuned by gradient.", card, StringComparison.Ordinal);
        Assert.Contains("| steps | 4 of Adam at a learning rate of 0.001, on all examples |", card, StringComparison.Ordinal);
        Assert.Contains("These weights give the composition that the tuning began with, not this adapter.", card, StringComparison.Ordinal);
    }

    [Fact]
    public void The_adapter_file_answers_as_the_prediction_did()
    {
        var made = predictions.Predict(TaskRequest.Of(Task, Tuned, tests: 8));

        var again = predictions.PredictAgain(made, TaskRequest.Of(Task, "", tests: 8));
        var composed = predictions.Predict(TaskRequest.Of(
            Task, $"\"module_weights\": {JsonSerializer.Serialize(made.Output.Weights)}", tests: 8));

        Assert.Equal(made.Output.Predictions, again.Output.Predictions);
        Assert.NotEqual(made.Output.Predictions, composed.Output.Predictions); // the weights are those before the tuning
    }

    [Fact]
    public void Equal_requests_give_equal_bytes()
    {
        var request = TaskRequest.Of(Task, Tuned);

        Assert.Equal(
            File.ReadAllBytes(predictions.Predict(request).Result.AdapterFile), File.ReadAllBytes(predictions.Predict(request).Result.AdapterFile));
    }

    [Fact]
    public void Without_steps_it_is_best_to_the_byte()
    {
        var others = $"\"seed\": 1, \"max_inference_step\": 15, {Pool}";
        var best = predictions.Predict(TaskRequest.Of(Task, $"\"method\": \"best\", {others}"));
        var tuned = predictions.Predict(TaskRequest.Of(Task, $"\"method\": \"tuned\", \"tuning_steps\": 0, {others}"));

        Assert.Equal(File.ReadAllBytes(best.Result.AdapterFile), File.ReadAllBytes(tuned.Result.AdapterFile));
        Assert.Null(tuned.Output.Tuning);
        Assert.Null(TaskRequest.Trace(tuned).Tuning);
    }

    [Fact]
    public void Where_no_module_helps_the_answers_are_the_base_models()
    {
        var answer = predictions.Predict(TaskRequest.Of("antonym_options", $"\"method\": \"tuned\", \"seed\": 1, {Pool}", tests: 8));

        Assert.Null(answer.Output.Tuning);
        Assert.All(answer.Output.Weights, weight => Assert.Equal(0, weight.Weight));
        Assert.Equal(answer.Output.ZeroShot, answer.Output.Predictions);
        Assert.Equal(answer.Output.Loss!.ZeroShot, answer.Output.Loss.Adapted);
    }

    [Fact]
    public void Controls_tell_what_composing_and_what_tuning_adds()
    {
        var answer = predictions.Predict(TaskRequest.Of(Task, $"{Tuned}, \"controls\": true, \"max_new_tokens\": 4", tests: 2));

        var (controls, card) = (answer.Output.Controls!, TaskRequest.Card(answer));
        Assert.True(controls.Composed!.Loss > answer.Output.Loss!.Adapted);
        Assert.True(controls.TunedFromBestSingle!.Loss < controls.BestSingle.Loss);
        Assert.Equal(controls.BestSingle.Module, controls.TunedFromBestSingle.Module);
        Assert.True(controls.TunedFromZero!.Loss < controls.ZeroShot.Loss);
        Assert.Contains("| tuned from a new LoRA |", card, StringComparison.Ordinal);

        var best = predictions.Predict(TaskRequest.Of(
            Task, $"\"method\": \"best\", \"max_inference_step\": 10, \"controls\": true, \"max_new_tokens\": 4, {Pool}", tests: 2)).Output.Controls!;
        Assert.Equal((null, null, null), (best.Composed, best.TunedFromZero, best.TunedFromBestSingle));
    }

    [Fact]
    public void It_is_canceled_during_the_steps()
    {
        using var canceled = new CancellationTokenSource();
        var steps = 0;

        Assert.Throws<OperationCanceledException>(() => predictions.Watch(TaskRequest.Of(Task, Tuned), Watch, canceled.Token));

        Assert.Equal(2, steps);

        void Watch(string line)
        {
            if (line.Contains("tuning, loss=", StringComparison.Ordinal) && ++steps == 2)
            {
                canceled.Cancel();
            }
        }
    }

    [Theory]
    [InlineData(
        "\"composition\": \"factors\", \"tuning_steps\": 3", "tuning_steps: Only the composition delta can be tuned; set composition to delta")]
    [InlineData("\"method\": \"tuned\", \"composition\": \"factors\"", "leave out method (or set tuning_steps to 0)")]
    [InlineData("\"tuning_steps\": 3", "tuning_steps: Only the composition delta can be tuned")]
    [InlineData("\"tuning_steps\": 3, \"module_weights\": {\"lorahub/t5_mini-plurals\": 1}", "tuning_steps: With module_weights nothing is searched")]
    [InlineData("\"method\": \"tuned\", \"adapter\": \"lorahub/t5_mini-plurals\"", "tuning_steps: With adapter nothing is searched")]
    [InlineData("\"tuning_steps\": 101, \"composition\": \"delta\"", "tuning_steps: 101 is greater than the maximum of 100")]
    public void Steps_that_cannot_be_are_refused_and_the_message_names_the_cure(string fields, string message)
    {
        var refused = Assert.Throws<PredictionException>(() => predictions.Plan($"{{{fields}}}"));

        Assert.Contains(message, refused.Message, StringComparison.Ordinal);
    }
}
