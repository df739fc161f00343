using System.Collections.Concurrent;
using System.Diagnostics;

namespace LoraHub.Api.Tests.Faults;

/// <summary>The actions and observations of a run, in order; printed when a test fails.</summary>
sealed class History
{
    readonly ConcurrentQueue<string> _lines = new();
    readonly long _start = Stopwatch.GetTimestamp();

    public void Add(string what) => _lines.Enqueue($"{Stopwatch.GetElapsedTime(_start).TotalSeconds,8:0.000} {what}");

    public override string ToString() => string.Join('\n', _lines);
}
