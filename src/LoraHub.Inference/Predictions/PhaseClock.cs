using LoraHub.Core.Telemetry;

namespace LoraHub.Inference.Predictions;

/// <summary>Measures the duration of each phase of a prediction.</summary>
sealed class PhaseClock(TimeProvider time)
{
    readonly List<(string Name, TimeSpan Took)> _phases = [];
    readonly long _start = time.GetTimestamp();

    /// <summary>Runs and measures a phase.</summary>
    public T Measure<T>(string phase, Func<T> work)
    {
        var start = time.GetTimestamp();
        using var measured = Phase.Begin(phase, time);
        try
        {
            return work();
        }
        finally
        {
            _phases.Add((phase, time.GetElapsedTime(start)));
        }
    }

    /// <summary>The duration of the last phase.</summary>
    public TimeSpan Last => _phases[^1].Took;

    public override string ToString() =>
        $"Times: {string.Join(" · ", _phases.Select(phase => $"{phase.Name} {phase.Took.TotalSeconds:0.00} s"))}"
        + $" · total {time.GetElapsedTime(_start).TotalSeconds:0.00} s";
}
