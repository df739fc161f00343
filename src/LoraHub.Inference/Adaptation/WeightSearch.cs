using LoraHub.Core.Optimization;
using LoraHub.Core.Predictions;
using LoraHub.Core.Predictions.Inputs;
using LoraHub.Core.Telemetry;
using LoraHub.Inference.Lora;

using static TorchSharp.torch;

namespace LoraHub.Inference.Adaptation;

/// <summary>Optimizes the weights of modules on few-shot examples.</summary>
/// <param name="composition">The composition of the modules; borrowed, like the examples and the probes.</param>
/// <param name="probes">Probes of the same modules, in the same order.</param>
sealed class WeightSearch(
    IReadOnlyList<LoraModule> modules,
    IComposition composition,
    FewShotExamples examples,
    ModuleProbes probes,
    PredictionInput input,
    CancellationToken cancellationToken)
{
    // Under the factors composition every module has the first one's scaling. With equal scalings a single module is the same update in both.
    readonly bool _isAloneInBoth =
        input.Composition == Composition.Delta || modules.All(module => module.HasScalingsOf(modules[0]));

    /// <param name="budget">The most evaluations.</param>
    /// <param name="evaluated">Called after each evaluation, in order.</param>
    /// <exception cref="PredictionException">The base model's loss is not finite.</exception>
    public SearchResult Minimize(int budget, long seed, Action<Evaluation>? evaluated = null)
    {
        var optimizer = Optimizers.Create(input.Optimizer, new OptimizerSettings(modules.Count, budget, Seed: seed));
        var result = Search.Minimize(optimizer, Evaluate, evaluated, cancellationToken);
        return double.IsFinite(result.ZeroValue)
            ? result
            : throw new PredictionException("The base model's loss on the examples is not finite, so results cannot be compared with it.");
    }

    /// <summary>The objective for each row of weights, with as many rows as possible in one pass.</summary>
    public double[] Scores(IReadOnlyList<double[]> weights)
    {
        var scores = new List<double>();
        foreach (var rows in weights.Chunk(examples.AdaptersPerPass))
        {
            using var scope = NewDisposeScope();
            scores.AddRange(examples.Scores(composition.Compose(rows), rows, input.Objective, cancellationToken));
        }

        return [.. scores];
    }

    IReadOnlyList<double> Evaluate(IReadOnlyList<double[]> points)
    {
        var start = System.Diagnostics.Stopwatch.GetTimestamp();
        IReadOnlyList<double> scores = points.Count == 1 ? Scores(points) : ScoresOfProbes(points);
        var each = System.Diagnostics.Stopwatch.GetElapsedTime(start).TotalSeconds / points.Count;
        foreach (var _ in points)
        {
            Instruments.EvaluationDuration.Record(each);
        }

        return scores;
    }

    /// <summary>Scores a batch of points: w = 0 and single modules, whose losses may be cached.</summary>
    double[] ScoresOfProbes(IReadOnlyList<double[]> points)
    {
        var scores = new double[points.Count];
        var alone = points.Index().Where(point => _isAloneInBoth && ModuleAlone(point.Item) is not null).Select(point => point.Index).ToArray();
        var losses = probes.MeanTokenLosses([.. alone.Select(place => ModuleAlone(points[place])!.Value)]);
        foreach (var (place, loss) in alone.Zip(losses))
        {
            scores[place] = examples.Score(loss, points[place], input.Objective);
        }

        int[] others = [.. Enumerable.Range(0, points.Count).Except(alone)];
        foreach (var (place, score) in others.Zip(Scores([.. others.Select(place => points[place])])))
        {
            scores[place] = score;
        }

        return scores;
    }

    /// <returns>The module whose weight is 1 while all others are 0, or null.</returns>
    static int? ModuleAlone(double[] weights)
    {
        var only = Array.FindIndex(weights, weight => weight != 0);
        return only >= 0 && weights[only] == 1 && weights.Skip(only + 1).All(weight => weight == 0) ? only : null;
    }
}
