using System.Collections.Concurrent;
using Serilog.Core;
using Serilog.Events;

namespace LoraHub.Api.Tests.Support;

/// <summary>Collects the service's log.</summary>
sealed class CollectingSink : ILogEventSink
{
    readonly ConcurrentQueue<LogEvent> _events = [];

    public IReadOnlyCollection<LogEvent> Events => _events;

    /// <summary>The whole log, including exceptions and properties.</summary>
    public string Text => string.Join('\n', _events.Select(entry =>
        $"{entry.Level}: {entry.RenderMessage()} {entry.Exception} "
        + $"{string.Join(' ', entry.Properties.Select(property => $"{property.Key}={property.Value}"))}"));

    public void Emit(LogEvent logEvent) => _events.Enqueue(logEvent);
}
