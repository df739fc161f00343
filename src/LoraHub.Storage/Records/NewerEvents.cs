using System.Collections.Concurrent;
using LoraHub.Core.Predictions;
using Microsoft.Extensions.Logging;

namespace LoraHub.Storage.Records;

/// <summary>Logs once for each kind of event that only a newer version knows.</summary>
sealed partial class NewerEvents(ILogger<NewerEvents> logger)
{
    readonly ConcurrentDictionary<string, bool> _reported = new(StringComparer.Ordinal);

    public void Report(IEnumerable<PredictionEvent> happened)
    {
        foreach (var unknown in happened.OfType<PredictionEvent.Unknown>())
        {
            if (_reported.TryAdd(unknown.Kind, true))
            {
                LogNewer(unknown.Kind);
            }
        }
    }

    [LoggerMessage(
        LogLevel.Warning,
        "Events of the kind {Kind} come from a newer version of LoraHub: this process keeps them and does not show them. Upgrade it.")]
    partial void LogNewer(string kind);
}
