using System.Diagnostics.Metrics;
using System.Globalization;

using LoraHub.Core.Telemetry;
using TorchSharp;

namespace LoraHub.Inference.Tests.Predictions;

/// <summary>Whole predictions with their controls beside them.</summary>
public sealed class ControlsTests(PredictorFixture predictions) : IClassFixture<PredictorFixture>
{
    const string Fields = """
        "lora_modules_specified": "lorahub/t5_mini-plurals, lorahub/t5_mini-antonyms, lorahub/t5_mini-quotes",
        "seed": 1, "max_inference_step": 10, "max_new_tokens": 8, "controls": true
        """;

    [Theory]
    [InlineData("")]
    [InlineData(", \"method\": \"best\"")]
    [InlineData(", \"objective\": \"token_loss\", \"optimizer\": \"probe_cobyla\"")]
    public void With_test_outputs_every_control_has_its_loss_and_accuracy(string fields)
    {
        var answer = predictions.Predict(TaskRequest.Of("plural_nonce", Fields + fields, tests: 12));

        var (controls, loss, accuracy) = (answer.Output.Controls!, answer.Output.Loss!, answer.Output.Accuracy!);
        Assert.Equal((loss.ZeroShot, accuracy.ZeroShot), (controls.ZeroShot.Loss, controls.ZeroShot.Accuracy));
        Assert.Equal("lorahub/t5_mini-plurals", controls.BestSingle.Module);
        Assert.All([controls.ZeroShot, controls.UniformMean, controls.RandomDirections],
            control => Assert.True(control is { Loss: > 0, Accuracy: >= 0 and <= 100 }));
        Assert.True(controls.BestSingle is { Loss: > 0, Accuracy: > 0 and <= 100 });
        Assert.True(controls.RandomDirections.Loss <= controls.ZeroShot.Loss);
        Assert.True(loss.Adapted < controls.RandomDirections.Loss);
        Assert.Null(controls.LeaveOneOut);
        Assert.Null(controls.Missing);
        Assert.Contains(answer.Log, line => line.StartsWith("Controls, objective: zero-shot ", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    public void Without_test_outputs_controls_leave_one_example_out_and_missing_explains_why(int tests)
    {
        var controls = predictions.Predict(TaskRequest.Of("plural_nonce", Fields, tests: tests, hasTestOutputs: false)).Output.Controls!;

        Assert.Equal(5, controls.LeaveOneOut!.Examples);
        Assert.All([controls.LeaveOneOut.ZeroShot, controls.LeaveOneOut.BestSingle, controls.LeaveOneOut.Adapted],
            share => Assert.True(share is 0 or 20 or 40 or 60 or 80 or 100));
        Assert.True(controls.LeaveOneOut.BestSingle > controls.LeaveOneOut.ZeroShot);
        Assert.StartsWith("There are no test_outputs", controls.Missing, StringComparison.Ordinal);
        Assert.Contains("leave_one_out", controls.Missing, StringComparison.Ordinal);
        Assert.All([controls.ZeroShot.Accuracy, controls.BestSingle.Accuracy, controls.UniformMean.Accuracy, controls.RandomDirections.Accuracy],
            Assert.Null);
    }

    [Fact]
    public void With_one_example_and_no_test_outputs_missing_explains_the_absent_controls()
    {
        var controls = predictions.Predict(TaskRequest.Of("plural_nonce", Fields, examples: 1)).Output.Controls!;

        Assert.Null(controls.LeaveOneOut);
        Assert.Contains("fewer than two examples", controls.Missing, StringComparison.Ordinal);
        Assert.True(controls.BestSingle.Loss < controls.ZeroShot.Loss);
    }

    [Fact]
    public void A_NaN_module_affects_only_its_own_controls()
    {
        var file = Path.Combine(predictions.CopyModule("t5_mini-parity_safetensors", "bad/huge"), "adapter_model.safetensors");
        var bytes = File.ReadAllBytes(file);
        var numbers = bytes.AsSpan(bytes.Length / 2); // behind the header
        for (var i = numbers.Length % sizeof(float); i < numbers.Length; i += sizeof(float))
        {
            BitConverter.TryWriteBytes(numbers[i..], 1e30f); // finite, but overflows in a forward pass
        }

        File.WriteAllBytes(file, bytes);

        var output = predictions.Predict(TaskRequest.Of("plural_nonce",
            Fields.Replace("lorahub/t5_mini-antonyms", "bad/huge", StringComparison.Ordinal), tests: 5)).Output;

        var controls = output.Controls!;
        Assert.Equal("lorahub/t5_mini-plurals", controls.BestSingle.Module);
        Assert.True(controls is { BestSingle.Loss: > 0, ZeroShot.Loss: > 0, UniformMean.Loss: null, UniformMean.Accuracy: 0 });
        Assert.True(output.Loss!.Adapted <= output.Loss.ZeroShot);
    }

    [Fact]
    public void Given_weights_and_requests_without_the_option_have_no_controls()
    {
        var given = predictions.Predict(TaskRequest.Of("plural_nonce", """ "module_weights": {"lorahub/t5_mini-plurals": 1}, "controls": true """));
        var unasked = predictions.Predict(TaskRequest.Of("plural_nonce", Fields.Replace("true", "false", StringComparison.Ordinal)));

        Assert.All([given, unasked], answer => Assert.Null(answer.Output.Controls));
        Assert.All([given, unasked], answer => Assert.DoesNotContain("## Controls", TaskRequest.Card(answer), StringComparison.Ordinal));
    }

    [Fact]
    public void The_card_shows_the_controls_and_equal_requests_have_equal_cards()
    {
        var request = TaskRequest.Of("plural_nonce", Fields, tests: 5);
        var (first, again) = (predictions.Predict(request), predictions.Predict(request));

        var (card, controls) = (TaskRequest.Card(first), first.Output.Controls!);
        Assert.Equal(File.ReadAllBytes(first.Result.AdapterFile), File.ReadAllBytes(again.Result.AdapterFile));
        Assert.Contains("## Controls", card, StringComparison.Ordinal);
        Assert.Contains(Row("this adapter", first.Output.Loss!.Adapted, first.Output.Accuracy!.Adapted), card, StringComparison.Ordinal);
        Assert.Contains(Row("no modules", controls.ZeroShot.Loss, controls.ZeroShot.Accuracy), card, StringComparison.Ordinal);
        Assert.Contains(Row("best single module, lorahub/t5_mini-plurals", controls.BestSingle.Loss!.Value, controls.BestSingle.Accuracy), card,
            StringComparison.Ordinal);
        Assert.Contains(Row("uniform mean of the modules", controls.UniformMean.Loss, controls.UniformMean.Accuracy), card, StringComparison.Ordinal);
        Assert.Contains(Row("random directions of the same norms", controls.RandomDirections.Loss, controls.RandomDirections.Accuracy), card,
            StringComparison.Ordinal);

        static string Row(string method, double? loss, double? accuracy) =>
            string.Create(CultureInfo.InvariantCulture, $"| {method} | {loss:R} | {accuracy:R} |");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Controls_end_when_they_are_canceled(bool hasTestOutputs)
    {
        const int Budget = 10;

        using var canceled = new CancellationTokenSource();
        using var listener = new MeterListener();
        var evaluations = 0;
        listener.SetMeasurementEventCallback<double>((instrument, _, _, _) =>
        {
            // The prediction's own search has ended; the third evaluation after it is one of a control.
            if (ReferenceEquals(instrument, Instruments.EvaluationDuration) && ++evaluations == Budget + 3)
            {
                canceled.Cancel();
            }
        });
        listener.EnableMeasurementEvents(Instruments.EvaluationDuration);

        Assert.ThrowsAny<OperationCanceledException>(
            () => predictions.Watch(TaskRequest.Of("plural_nonce", Fields, tests: 2, hasTestOutputs: hasTestOutputs), _ => { }, canceled.Token));
        Assert.Equal(Budget + 3, evaluations);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Controls_leave_no_tensors_behind(bool hasTestOutputs)
    {
        var request = TaskRequest.Of("plural_nonce", Fields + ", \"method\": \"best\"", tests: 2, hasTestOutputs: hasTestOutputs);
        predictions.Predict(request);
        var tensors = Live();
        for (var i = 0; i < 3; i++)
        {
            predictions.Predict(request);
        }

        Assert.Equal(tensors, Live());

        static long Live()
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            return DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        }
    }
}
