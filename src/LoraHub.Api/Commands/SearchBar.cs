using System.Collections.Concurrent;
using LoraHub.Core.Predictions;
using Spectre.Console;

namespace LoraHub.Api.Commands;

/// <summary>Shows a search's progress as a bar instead of its log lines.</summary>
sealed class SearchBar : IProgress<SearchProgress>
{
    readonly ConcurrentDictionary<string, bool> _lines = new(StringComparer.Ordinal);

    /// <summary>Null when no bar is shown.</summary>
    public ProgressTask? Bar { get; set; }

    public void Report(SearchProgress value)
    {
        if (Bar is not { } bar)
        {
            return;
        }

        _lines[value.Line] = true;
        bar.MaxValue = value.Total;
        bar.Value = value.Done;
        bar.Description = $"Searching, best {value.Best:0.0000}";
    }

    /// <summary>Whether the bar shows this log line's progress.</summary>
    public bool Shows(string line) => _lines.TryRemove(line, out _);
}
