using LoraHub.Core.Optimization;
using LoraHub.Core.Predictions;
using LoraHub.Core.Predictions.Inputs;
using LoraHub.Inference.Lora;
using LoraHub.Inference.Models;

namespace LoraHub.Inference.Predictions;

/// <summary>Modules and their weights. Owns the composition; borrows the modules.</summary>
/// <param name="Weights">In the order of the modules.</param>
sealed record FoundWeights(IReadOnlyList<LoraModule> Modules, IComposition Composition, double[] Weights, LossReport? Loss) : IDisposable
{
    public void Dispose() => Composition.Dispose();
}

/// <summary>A prediction's method: from candidates and examples to modules and weights.</summary>
/// <param name="cache">What is known of modules alone; added to.</param>
sealed class ModuleSearch(BaseModel model, PredictionInput input, long seed, ProbeCache cache, CancellationToken cancellationToken)
{
    /// <summary>So many modules a probing keeps; chosen on the even-numbered tasks of bench/tasks (docs/methods.md).</summary>
    const int Kept = 6;

    /// <summary>The modules ready to be composed; the caller disposes it.</summary>
    public IComposition Compose(IReadOnlyList<LoraModule> modules) => input.Composition == Composition.Delta
        ? new DeltaComposition(modules, model.Model.ComputeType)
        : new FactorsComposition(modules, model.Model.ComputeType);

    /// <summary>Keeps the modules that help alone, where the input asks for that, and has the optimizer weigh them.</summary>
    /// <param name="inputs">Token ids of the examples.</param>
    /// <param name="targets">As many.</param>
    /// <param name="log">Null when nobody is to hear of it.</param>
    /// <returns>To be disposed by the caller.</returns>
    public FoundWeights Find(IReadOnlyList<LoraModule> candidates, IReadOnlyList<int[]> inputs, IReadOnlyList<int[]> targets, SearchLog? log)
    {
        var (modules, spent) = input.ModuleSelection == ModuleSelection.Probe ? Screen(candidates, inputs, targets, log) : (candidates, 0);
        using var examples = new FewShotExamples(model.Model, inputs, targets);
        using var probes = Probes(modules, inputs, targets);
        var composition = Compose(modules);
        try
        {
            var search = new WeightSearch(modules, composition, examples, probes, input, cancellationToken);
            var result = search.Minimize(input.Budget - spent, seed, evaluation => log?.Evaluated(evaluation, spent));
            log?.Ended(spent + result.Evaluations);
            var loss = new LossReport(result.ZeroValue, result.Recommendation.Value, spent + result.Evaluations);
            return new FoundWeights(modules, composition, result.Recommendation.Weights, loss);
        }
        catch
        {
            composition.Dispose();
            throw;
        }
    }

    /// <summary>What modules alone cost the examples; the caller disposes it.</summary>
    public ModuleProbes Probes(IReadOnlyList<LoraModule> modules, IReadOnlyList<int[]> inputs, IReadOnlyList<int[]> targets) =>
        new(model, modules, inputs, targets, cache, cancellationToken);

    (IReadOnlyList<LoraModule> Modules, int Evaluations) Screen(
        IReadOnlyList<LoraModule> candidates, IReadOnlyList<int[]> inputs, IReadOnlyList<int[]> targets, SearchLog? log)
    {
        using var probes = Probes(candidates, inputs, targets);
        var screened = Screening.Run(candidates.Count, probes.Parts, input.Budget, Kept, screen =>
        {
            var losses = probes.Losses(screen);
            log?.Screened(candidates, screen, losses);
            return losses;
        });
        IReadOnlyList<LoraModule> kept = [.. screened.Kept.Select(place => candidates[place])];
        log?.Kept(candidates.Count, screened, kept);
        return (kept, screened.Evaluations);
    }
}
