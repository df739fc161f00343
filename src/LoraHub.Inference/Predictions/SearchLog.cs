using LoraHub.Core.Optimization;
using LoraHub.Core.Predictions;
using LoraHub.Inference.Lora;

namespace LoraHub.Inference.Predictions;

/// <summary>What a search has to say while it runs, and what is kept of it as data.</summary>
/// <param name="budget">Evaluations at most.</param>
sealed class SearchLog(int budget, TimeProvider time, IPredictionProgress progress)
{
    readonly long _start = time.GetTimestamp();
    readonly List<TraceStep> _steps = [];
    readonly List<TracedScreen> _screens = [];

    public IReadOnlyList<TraceStep> Steps => _steps;

    public IReadOnlyList<TracedScreen> Screens => _screens;

    public void Screened(IReadOnlyList<LoraModule> candidates, Screen screen, IReadOnlyList<double> losses)
    {
        var seconds = Math.Round(time.GetElapsedTime(_start).TotalSeconds, 6);
        _screens.AddRange(screen.Groups.Zip(losses, (group, loss) => new TracedScreen(
            [.. group.Select(place => candidates[place].Info.Id)], screen.Part, double.IsFinite(loss) ? loss : null, seconds)));
    }

    public void Kept(int candidates, Screened screened, IReadOnlyList<LoraModule> kept) => progress.Log(
        $"Tried {candidates} modules at the cost of {screened.Evaluations} evaluations; kept {string.Join(", ", kept.Select(module => module.Info.Id))}");

    /// <param name="spent">Evaluations before the search.</param>
    public void Evaluated(Evaluation evaluation, int spent)
    {
        var elapsed = time.GetElapsedTime(_start);
        _steps.Add(TraceStep.Of(evaluation, elapsed));
        progress.Log(ProgressLine.Format(spent + evaluation.Index + 1, budget, elapsed, $"loss {evaluation.Value:0.0000}, best {evaluation.Best:0.0000}"));
    }

    public void Ended(int evaluations)
    {
        if (evaluations < budget)
        {
            progress.Log($"Nothing improves any more: the search ends after {evaluations} of {budget} evaluations.");
        }
    }
}
