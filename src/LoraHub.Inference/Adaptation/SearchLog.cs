using LoraHub.Core.Optimization;
using LoraHub.Core.Predictions;
using LoraHub.Inference.Lora;

namespace LoraHub.Inference.Adaptation;

/// <summary>Logs the progress of a search and records its steps for the trace.</summary>
/// <param name="budget">The most evaluations.</param>
sealed class SearchLog(int budget, TimeProvider time, IPredictionProgress progress)
{
    /// <summary>A line comes at the latest after this time.</summary>
    static readonly TimeSpan Silence = TimeSpan.FromSeconds(5);

    readonly long _start = time.GetTimestamp();
    readonly List<TraceStep> _steps = [];
    readonly List<TracedScreen> _screens = [];
    readonly List<TracedTuning> _tuning = [];
    long _said = time.GetTimestamp();
    long? _tuningStart;

    public IReadOnlyList<TraceStep> Steps => _steps;

    public IReadOnlyList<TracedScreen> Screens => _screens;

    public IReadOnlyList<TracedTuning> Tuning => _tuning;

    /// <summary>Of the whole pool, in its order.</summary>
    public IReadOnlyList<TracedSlope> Slopes { get; private set; } = [];

    /// <param name="ranked">How many modules of the pool.</param>
    public void Ranking(int ranked, int pool)
    {
        if (time.GetElapsedTime(_said) >= Silence)
        {
            _said = time.GetTimestamp();
            progress.Log($"Computing slopes: {ranked} of {pool}");
        }
    }

    /// <param name="kept">The steepest, in the order of their slopes.</param>
    public void Ranked(IReadOnlyList<TracedSlope> slopes, IReadOnlyList<LoraModule> kept)
    {
        Slopes = slopes;
        progress.Log($"Ranked {slopes.Count} modules by slope at the cost of {SlopeScreen.Cost} evaluations. The steepest:");
        foreach (var module in kept)
        {
            progress.Log($"  {module.Info.Id} (r {module.Info.Rank}, sha256 {module.Digest[..12]})");
        }
    }

    /// <summary>While the modules are tried there is no loss to report; with long examples that takes minutes.</summary>
    /// <param name="tried">How many of the trial's groups of modules.</param>
    public void Trying(int tried, int groups)
    {
        if (time.GetElapsedTime(_said) >= Silence)
        {
            _said = time.GetTimestamp();
            progress.Log($"Trying the modules alone: {tried} of {groups}");
        }
    }

    public void Tried(IReadOnlyList<LoraModule> candidates, Trial trial, IReadOnlyList<double> losses)
    {
        var seconds = Math.Round(time.GetElapsedTime(_start).TotalSeconds, 6);
        _screens.AddRange(trial.Groups.Zip(losses, (group, loss) => new TracedScreen(
            [.. group.Select(place => candidates[place].Info.Id)], trial.Part, double.IsFinite(loss) ? loss : null, seconds)));
    }

    public void Kept(int candidates, HalvingResult halved, IReadOnlyList<LoraModule> kept) => progress.Log(
        $"Tried {candidates} modules at the cost of {halved.Evaluations} evaluations; "
        + $"kept {string.Join(", ", kept.Select(module => module.Info.Id))}");

    /// <param name="modules">In the order of the weights.</param>
    /// <param name="spent">The evaluations spent before the search.</param>
    public void Evaluated(IReadOnlyList<LoraModule> modules, Evaluation evaluation, int spent)
    {
        var elapsed = time.GetElapsedTime(_start);
        _steps.Add(TraceStep.Of(evaluation, elapsed));
        var done = spent + evaluation.Index + 1;
        var line = ProgressLine.Format(done, budget, elapsed, $"loss {evaluation.Value:0.0000}, best {evaluation.Best:0.0000}");
        progress.Evaluated(new SearchProgress(done, budget, evaluation.Best, line));
        progress.Report(new RunProgress(done, budget, RunProgress.Finite(evaluation.Value))
        {
            Best = RunProgress.Finite(evaluation.Best),
            Weights = !(evaluation.Value <= evaluation.Best) ? null
                : [.. modules.Zip(evaluation.Weights, (module, weight) => new ModuleWeight(module.Info.Id, weight))],
        });
    }

    /// <summary>The composition hardly helps, so the base model alone is taken.</summary>
    public void Gated(double composedLoss, double zeroLoss, double gate) => progress.Log(
        $"The composed modules hardly help: their token loss {composedLoss:0.0000} is more than {gate:0.00} of the base model's {zeroLoss:0.0000}. "
        + "All weights are set to 0, and nothing is tuned.");

    public void NotTuned(string why) => progress.Log($"The composed adapter is not tuned: {why}.");

    /// <param name="done">Steps, this one included.</param>
    /// <param name="loss">Mean token loss before the step.</param>
    public void Stepped(int done, int total, double loss)
    {
        _tuningStart ??= time.GetTimestamp();
        _tuning.Add(new TracedTuning(done - 1, loss, Math.Round(time.GetElapsedTime(_start).TotalSeconds, 6)));
        progress.Log(ProgressLine.Format(done, total, time.GetElapsedTime(_tuningStart.Value), $"tuning, loss={loss:0.0000}"));
        progress.Report(new RunProgress(done, total, RunProgress.Finite(loss)) { Phase = RunProgress.Tuning });
    }

    public void Ended(int evaluations)
    {
        if (evaluations < budget)
        {
            progress.Log($"No further improvement: the search stopped after {evaluations} of {budget} evaluations.");
        }
    }
}
