using LoraHub.Core.Telemetry;

namespace LoraHub.Inference.Predictions;

/// <summary>How long each phase of a prediction took.</summary>
sealed class PhaseClock(TimeProvider time)
{
    readonly List<(string Name, TimeSpan Took)> _phases = [];
    readonly long _start = time.GetTimestamp();

    /// <summary>Does the work of a phase.</summary>
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

    /// <summary>How long the last phase took.</summary>
    public TimeSpan Last => _phases[^1].Took;

    public override string ToString() =>
        $"Times: {string.Join(" · ", _phases.Select(phase => $"{phase.Name} {phase.Took.TotalSeconds:0.00} s"))} · in all {time.GetElapsedTime(_start).TotalSeconds:0.00} s";
}
