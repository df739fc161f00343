using LoraHub.Core.Predictions;
using LoraHub.Core.Predictions.Inputs;
using LoraHub.Inference.Gradients;
using LoraHub.Inference.Lora;
using LoraHub.Inference.Models;
using LoraHub.Inference.T5;

using static TorchSharp.torch;

namespace LoraHub.Inference.Adaptation;

/// <summary>Evaluates baselines on the same examples and modules, to which the prediction's result is compared.</summary>
/// <param name="inputs">Token ids of the examples.</param>
/// <param name="targets">Token ids of their targets.</param>
/// <param name="tests">Token ids of the test inputs; may be empty.</param>
sealed class Controls(
    LoadedPlan plan, ModuleSearch search, int[][] inputs, int[][] targets, int[][] tests, CancellationToken cancellationToken)
{
    /// <summary>The most examples that leave-one-out uses: each takes a whole search.</summary>
    const int MostLeftOut = 10;

    PredictionInput Input => plan.Input;

    BaseModel Base => plan.Base;

    /// <param name="found">The prediction's own modules and weights.</param>
    public ControlReport Make(FoundAdapter found)
    {
        using var scope = NewDisposeScope();
        using var examples = new FewShotExamples(Base.Model, inputs, targets);
        var modules = found.Modules.Count;
        double[] uniform = [.. Enumerable.Repeat(1.0 / modules, modules)];
        return new ControlReport
        {
            ZeroShot = new ControlResult(Loss(examples, null, new double[modules]), Accuracy(null)),
            BestSingle = BestSingle(examples, modules),
            UniformMean = Result(examples, found.Composition, uniform),
            RandomDirections = RandomDirections(examples),
            Composed = Input.TuningSteps > 0 ? Result(examples, found.Composition, found.Weights) : null,
            TunedFromZero = Input.TuningSteps > 0 ? TunedFromZero(examples, found) : null,
            TunedFromBestSingle = Input.TuningSteps > 0 ? TunedFromBestSingle(examples, modules) : null,
            LeaveOneOut = Input.TestOutputs is null && inputs.Length > 1 ? LeaveOneOut() : null,
            Missing = Missing(),
        };
    }

    ControlResult Result(FewShotExamples examples, IComposition composition, double[] weights)
    {
        using var scope = NewDisposeScope();
        return Result(examples, composition.Compose([weights]), weights);
    }

    /// <param name="weights">Those of the objective's penalty.</param>
    ControlResult Result(FewShotExamples examples, LoraLayers lora, double[] weights) => new(Loss(examples, lora, weights), Accuracy(lora));

    /// <summary>The candidate with the lowest loss on the examples.</summary>
    SingleControl BestSingle(FewShotExamples examples, int modules)
    {
        using var scope = NewDisposeScope();
        using var probes = search.Probes(plan.Modules, inputs, targets);
        var (best, cost) = probes.Best();
        using var alone = new DeltaComposition([best], Base.Model.ComputeType);
        double[] weights = [1, .. new double[modules - 1]]; // as many as in the search, so that the losses are comparable
        return new SingleControl(best.Info.Id, Finite(examples.Score(cost, weights, Input.Objective)), Accuracy(alone.Compose([[1.0]])));
    }

    /// <summary>The same method, budget and number of candidates, on random modules: they are screened as the real ones are.</summary>
    ControlResult RandomDirections(FewShotExamples examples)
    {
        var random = plan.Slopes is { } slopes
            ? slopes.SteepestRandom(inputs, targets, plan.Seed)
            : [.. plan.Modules.Index().Select(module => module.Item.WithRandomDirections(plan.Seed + module.Index))];
        try
        {
            using var found = search.Find(random, inputs, targets, log: null, plan.RankingCost);
            return Result(examples, found.ToLayers(Base.Model.ComputeType), found.Weights);
        }
        finally
        {
            foreach (var module in random)
            {
                module.Dispose();
            }
        }
    }

    /// <summary>The method's steps on a new LoRA of the same layers and rank, as PEFT initializes it, at a rate that suits it.</summary>
    ControlResult? TunedFromZero(FewShotExamples examples, FoundAdapter found)
    {
        using var scope = NewDisposeScope();
        var slots = found.Modules.SelectMany(module => module.Layout.Slots)
            .Where(slot => LoraFactors.IsInScope(slot.Layer, FewShotTuning.Scope)).ToArray();
        if (slots.Length == 0)
        {
            return null;
        }

        using var factors = TuningStart.New(Base.Model, TuningStart.SideBySide(slots), FewShotTuning.Scope, plan.Seed);
        search.Tuning(inputs, targets).Tune(factors, double.PositiveInfinity, log: null, FewShotTuning.NewRate);
        return Result(examples, factors.ToLayers(Base.Model.ComputeType), [0]);
    }

    SingleControl TunedFromBestSingle(FewShotExamples examples, int modules)
    {
        using var scope = NewDisposeScope();
        using var probes = search.Probes(plan.Modules, inputs, targets);
        var best = probes.Best().Module;
        using var factors = TuningStart.Balanced([best], [1], FewShotTuning.Scope);
        search.Tuning(inputs, targets).Tune(factors, double.PositiveInfinity, log: null);
        var result = Result(examples, factors.ToLayers(Base.Model.ComputeType), [1, .. new double[modules - 1]]);
        return new SingleControl(best.Info.Id, result.Loss, result.Accuracy);
    }

    /// <summary>
    /// Leave-one-out: runs the whole method, the selection of modules included, without one example and tests it on that example, for each in turn.
    /// </summary>
    LeftOut LeaveOneOut()
    {
        var count = Math.Min(inputs.Length, MostLeftOut);
        var (adapted, single, zeroShot) = (0, 0, 0);
        for (var left = 0; left < count; left++)
        {
            using var scope = NewDisposeScope();
            int[][] otherInputs = [.. inputs.Where((_, i) => i != left)], otherTargets = [.. targets.Where((_, i) => i != left)];
            var candidates = plan.Slopes is { } slopes ? slopes.Steepest(otherInputs, otherTargets, log: null) : plan.Select(Input with
            {
                ExampleInputs = [.. Input.ExampleInputs.Where((_, i) => i != left)],
                ExampleOutputs = [.. Input.ExampleOutputs.Where((_, i) => i != left)],
            });
            using var found = search.Find(candidates, otherInputs, otherTargets, log: null, plan.RankingCost);
            using var probes = search.Probes(candidates, otherInputs, otherTargets);
            using var alone = new DeltaComposition([probes.Best().Module], Base.Model.ComputeType);
            adapted += IsRight(left, found.ToLayers(Base.Model.ComputeType)) ? 1 : 0;
            single += IsRight(left, alone.Compose([[1.0]])) ? 1 : 0;
            zeroShot += IsRight(left, null) ? 1 : 0;
        }

        return new LeftOut(count, 100.0 * zeroShot / count, 100.0 * single / count, 100.0 * adapted / count);
    }

    bool IsRight(int example, LoraLayers? lora) => ExactMatch.IsRight(
        Answers.Generate(Base, [inputs[example]], lora, Input.MaxNewTokens, cancellationToken)[0], Input.ExampleOutputs[example]);

    double? Loss(FewShotExamples examples, LoraLayers? lora, double[] weights) =>
        Finite(examples.Scores(lora, [weights], Input.Objective, cancellationToken)[0]);

    static double? Finite(double loss) => double.IsFinite(loss) ? loss : null;

    double? Accuracy(LoraLayers? lora) => Input.TestOutputs is { Count: > 0 } expected
        ? Answers.Accuracy(Answers.Generate(Base, tests, lora, Input.MaxNewTokens, cancellationToken), expected)
        : null;

    string? Missing() => (Input.TestOutputs, inputs.Length) switch
    {
        ({ Count: > 0 }, _) => null,
        (_, > 1) => "There are no test_outputs, so there is no accuracy on test inputs; leave_one_out is an estimate on the examples.",
        _ => "There are no test_outputs and fewer than two examples, so the accuracy on unseen inputs cannot be estimated.",
    };
}
