using System.Diagnostics;

namespace LoraHub.Core.Telemetry;

/// <summary>A phase of a prediction, from <see cref="Begin"/> to disposal. Records a span and a duration metric.</summary>
public sealed class Phase : IDisposable
{
    readonly string _name;
    readonly TimeProvider _time;
    readonly long _start;
    readonly Activity? _span;

    Phase(string name, TimeProvider time) => (_name, _time, _start, _span) = (name, time, time.GetTimestamp(), Spans.Start(name));

    /// <param name="name">One of a few fixed words, since it becomes a label.</param>
    public static Phase Begin(string name, TimeProvider time) => new(name, time);

    public void Dispose()
    {
        _span?.Dispose();
        Instruments.PhaseDuration.Record(_time.GetElapsedTime(_start).TotalSeconds, Instruments.Label("phase", _name));
    }
}
