using LoraHub.Inference.Adaptation;
using LoraHub.Inference.Lora;
using LoraHub.Inference.Models;

using static TorchSharp.torch;

namespace LoraHub.Inference.Tests.Predictions;

/// <summary><c>module_selection: slopes</c> on the shipped bundle.</summary>
public sealed class SlopeSelectionTests(MiniModel mini, PredictorFixture predictions) : IClassFixture<MiniModel>, IClassFixture<PredictorFixture>
{
    const string Slopes = "\"method\": \"best\", \"module_selection\": \"slopes\", \"seed\": 1";

    static readonly TaskFile Task = TaskFile.Read("past_nonce");

    int[][] Inputs => mini.Tokenize(Task.Inputs.Take(TaskFile.Examples));

    int[][] Targets => mini.Tokenize(Task.Targets.Take(TaskFile.Examples));

    [Theory]
    [InlineData(40)]
    [InlineData(10)]
    public void The_whole_pool_is_ranked_within_the_budget_and_the_trace_lists_the_slopes(int budget)
    {
        var answer = predictions.Predict(TaskRequest.Of("past_nonce", $"{Slopes}, \"max_inference_step\": {budget}"));

        var (loss, trace) = (answer.Output.Loss!, TaskRequest.Trace(answer));
        var steepest = trace.Slopes!.OrderBy(one => one.Slope).Take(6).Select(one => one.Module).ToArray();
        Assert.Equal(32, trace.Slopes!.Count);
        Assert.Equal(answer.Modules.Select(module => module.Id), trace.Slopes.Select(one => one.Module));
        Assert.Contains("lorahub/t5_mini-past_tense", steepest);
        Assert.Equal(steepest, trace.Modules.Select(module => module.Id));
        Assert.Null(trace.Screens);
        Assert.InRange(loss.Evaluations, 1, budget);
        Assert.Equal(loss.Evaluations, SlopeScreen.Cost + trace.Steps.Count);
        Assert.True(loss.Adapted < loss.ZeroShot);
        Assert.Contains(
            answer.Log, line => line == $"Ranked 32 modules by slope at the cost of {SlopeScreen.Cost} evaluations. The steepest:");
    }

    [Fact]
    public void Equal_requests_give_equal_bytes_whether_slopes_are_known_or_not()
    {
        var request = TaskRequest.Of("past_nonce", $"{Slopes}, \"max_inference_step\": 12");
        using var fresh = new PredictorFixture();
        var first = predictions.Predict(request);
        var known = predictions.Predict(request);
        fresh.Predict(TaskRequest.Of(
            "past_nonce",
            $"{Slopes}, \"max_inference_step\": 12, \"lora_modules_specified\": \"lorahub/t5_mini-past_tense,lorahub/t5_mini-nli_r4\""));

        Assert.Equal(File.ReadAllBytes(first.Result.AdapterFile), File.ReadAllBytes(known.Result.AdapterFile));
        Assert.Equal(File.ReadAllBytes(first.Result.AdapterFile), File.ReadAllBytes(fresh.Predict(request).Result.AdapterFile));
    }

    [Fact]
    public void Controls_screen_random_directions_and_leave_examples_out_by_slopes_too()
    {
        var answer = predictions.Predict(TaskRequest.Of(
            "past_nonce", $"{Slopes}, \"max_inference_step\": 10, \"controls\": true, \"max_new_tokens\": 4", examples: 2));

        var controls = answer.Output.Controls!;
        Assert.Equal(2, controls.LeaveOneOut!.Examples);
        Assert.True(controls.RandomDirections.Loss <= controls.ZeroShot.Loss);
        Assert.Contains(controls.BestSingle.Module, TaskRequest.Trace(answer).Slopes!.Select(one => one.Module));
    }

    [Fact]
    public void A_pool_that_does_not_fit_in_memory_is_read_one_module_after_another()
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        using var cache = new LeasedCache<LoraModule>("test", limit: 0, module => module.Bytes);
        var loads = new List<LoraModule>();
        var most = 0;
        var library = TestModels.Catalog();
        var pool = library.List().Where(module => module.Problem is null).Select(module => (module, library.DigestOf(module)!)).ToArray();
        using var screen = new SlopeScreen(mini.Fp32, pool, info => cache.Rent(info.Id, () => Load(info.Id)), new ProbeCache(), default);

        var kept = screen.Steepest(Inputs, Targets, log: null);

        Assert.Equal(6, kept.Count);
        Assert.Equal(pool.Length + kept.Count, loads.Count); // those that stay are read again
        Assert.Equal(kept.Count, most);
        Assert.All(loads.Except(kept), module => Assert.True(module.Numbers.IsInvalid));

        LoraModule Load(string id)
        {
            loads.Add(TestModels.MiniModule(id.Split('/')[1], mini.Fp32.Model));
            most = Math.Max(most, loads.Count(module => !module.Numbers.IsInvalid));
            return loads[^1];
        }
    }
}
