using LoraHub.Core.Optimization;
using LoraHub.Core.Predictions;
using LoraHub.Core.Predictions.Inputs;
using LoraHub.Inference.Lora;
using LoraHub.Inference.Models;

namespace LoraHub.Inference.Adaptation;

/// <summary>A prediction's method: from candidates and examples to an adapter.</summary>
/// <param name="cache">Known losses of single modules; the search adds to it.</param>
sealed class ModuleSearch(BaseModel model, PredictionInput input, long seed, ProbeCache cache, CancellationToken cancellationToken)
{
    /// <summary>The number of modules that probing and slopes keep; chosen on the even-numbered tasks of bench/tasks (docs/methods.md).</summary>
    public const int Kept = 6;

    /// <summary>Prepares modules for composition. The caller disposes the result.</summary>
    public IComposition Compose(IReadOnlyList<LoraModule> modules) => input.Composition == Composition.Delta
        ? new DeltaComposition(modules, model.Model.ComputeType)
        : new FactorsComposition(modules, model.Model.ComputeType);

    /// <summary>
    /// Selects modules by probing if the input asks for it, optimizes their weights, and tunes the adapter if the input asks for it.
    /// </summary>
    /// <param name="inputs">Token ids of the examples.</param>
    /// <param name="targets">Token ids of their targets.</param>
    /// <param name="log">Null for a search that is not logged.</param>
    /// <param name="ranking">The evaluations that selecting the candidates cost.</param>
    /// <returns>The adapter. The caller disposes it.</returns>
    public FoundAdapter Find(
        IReadOnlyList<LoraModule> candidates, IReadOnlyList<int[]> inputs, IReadOnlyList<int[]> targets, SearchLog? log, int ranking = 0)
    {
        var (modules, spent) = input.ModuleSelection == ModuleSelection.Probe ? Halve(candidates, inputs, targets, log) : (candidates, ranking);
        using var examples = new FewShotExamples(model.Model, inputs, targets);
        using var probes = Probes(modules, inputs, targets);
        var composition = Compose(modules);
        try
        {
            var search = new WeightSearch(modules, composition, examples, probes, input, cancellationToken);
            var result = search.Minimize(input.Budget - spent, seed, evaluation => log?.Evaluated(modules, evaluation, spent));
            log?.Ended(spent + result.Evaluations);
            var loss = new LossReport(result.ZeroValue, result.Recommendation.Value, spent + result.Evaluations);
            var found = new FoundAdapter(modules, composition, result.Recommendation.Weights, loss);
            return input.TuningSteps == 0 ? found : Tune(found);
        }
        catch
        {
            composition.Dispose();
            throw;
        }

        FoundAdapter Tune(FoundAdapter found)
        {
            var (zero, composed) = (TokenLoss(found.Loss!.ZeroShot, new double[modules.Count]), TokenLoss(found.Loss.Adapted, found.Weights));
            var tuned = Tuning(inputs, targets).Tune(found, zero, composed, log);
            return tuned.Tuning is { } tuning
                ? tuned with { Loss = tuned.Loss! with { Adapted = examples.Score(tuning.Loss, tuned.Weights, input.Objective) } }
                : tuned;
        }

        double TokenLoss(double value, double[] weights) => examples.MeanTokenLoss(value, weights, input.Objective);
    }

    /// <summary>Prepares the gradient steps that the input asks for.</summary>
    public FewShotTuning Tuning(IReadOnlyList<int[]> inputs, IReadOnlyList<int[]> targets) =>
        new(model, inputs, targets, input.TuningSteps, cancellationToken);

    /// <summary>Prepares probes of the modules on the examples. The caller disposes them.</summary>
    public ModuleProbes Probes(IReadOnlyList<LoraModule> modules, IReadOnlyList<int[]> inputs, IReadOnlyList<int[]> targets) =>
        new(model, modules, inputs, targets, cache, cancellationToken);

    (IReadOnlyList<LoraModule> Modules, int Evaluations) Halve(
        IReadOnlyList<LoraModule> candidates, IReadOnlyList<int[]> inputs, IReadOnlyList<int[]> targets, SearchLog? log)
    {
        using var probes = Probes(candidates, inputs, targets);
        var halved = SuccessiveHalving.Run(candidates.Count, probes.Parts, input.Budget, Kept, trial =>
        {
            var losses = probes.Losses(trial, tried => log?.Trying(tried, trial.Groups.Count));
            log?.Tried(candidates, trial, losses);
            return losses;
        });
        IReadOnlyList<LoraModule> kept = [.. halved.Kept.Select(place => candidates[place])];
        log?.Kept(candidates.Count, halved, kept);
        return (kept, halved.Evaluations);
    }
}
