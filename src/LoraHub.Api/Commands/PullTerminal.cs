using System.Text.Json.Nodes;
using LoraHub.Modules.HuggingFace;
using Spectre.Console;

namespace LoraHub.Api.Commands;

/// <summary>Shows a progress bar for each running download and a line for each finished one. In a pipe, only the lines.</summary>
sealed class PullTerminal : IPullProgress
{
    readonly Lock _turn = new();
    readonly Dictionary<string, ProgressTask> _bars = [];
    readonly ProgressContext? _context;
    int _count;
    int _ended;

    readonly Output _output;

    PullTerminal(Output output, ProgressContext? context) => (_output, _context) = (output, context);

    public int Downloaded { get; private set; }

    /// <summary>Runs a pull and shows its progress.</summary>
    public static Task<T> WatchAsync<T>(Output output, Func<PullTerminal, Task<T>> pullAsync) => Output.IsTerminal && !output.IsJson
        ? AnsiConsole.Progress()
            .AutoClear(enabled: true)
            .HideCompleted(enabled: true)
            .Columns(
                new TaskDescriptionColumn { Alignment = Justify.Left },
                new ProgressBarColumn(),
                new DownloadedColumn(),
                new TransferSpeedColumn(),
                new RemainingTimeColumn())
            .StartAsync(context => pullAsync(new PullTerminal(output, context)))
        : pullAsync(new PullTerminal(output, context: null));

    public void Found(int count) => _count = count;

    public void Started(string id, long bytes)
    {
        lock (_turn)
        {
            if (_context is not null && !_bars.ContainsKey(id))
            {
                _bars.Add(id, _context.AddTask(Output.Description(AnsiConsole.Console, id)));
            }

            if (_bars.TryGetValue(id, out var bar))
            {
                bar.MaxValue = Math.Max(1, bytes);
            }
        }
    }

    public void Received(string id, long bytes)
    {
        lock (_turn)
        {
            _bars.GetValueOrDefault(id)?.Increment(bytes);
        }
    }

    public void Ended(PullOutcome outcome)
    {
        lock (_turn)
        {
            if (_bars.Remove(outcome.Id, out var bar))
            {
                bar.StopTask();
            }

            Downloaded += outcome is PullOutcome.Downloaded ? 1 : 0;
            _output.WriteLine($"[{++_ended}/{Math.Max(_count, _ended)}] {outcome.Id}: {Text(outcome)}");
        }
    }

    static string Text(PullOutcome outcome) => outcome switch
    {
        PullOutcome.Downloaded(_, var commit, var bytes, null) => $"downloaded at {commit[..12]}, {Output.Size(bytes)}",
        PullOutcome.Downloaded(_, var commit, _, var quarantine) => $"downloaded at {commit[..12]} into quarantine: {quarantine}",
        PullOutcome.AlreadyHere(_, var note) => $"already here, {note}",
        PullOutcome.Failed(_, var reason) => $"failed: {reason}",
        _ => "",
    };

    /// <summary>Writes what became of the downloads as JSON, if the verb writes JSON.</summary>
    public static void ShowJson(Output output, IEnumerable<PullOutcome> outcomes)
    {
        if (output.IsJson)
        {
            Output.WriteJson(new JsonArray([.. outcomes.Select(Data)]));
        }
    }

    static JsonObject Data(PullOutcome outcome) => outcome switch
    {
        PullOutcome.Downloaded(var id, var commit, var bytes, var quarantine) => new JsonObject
        {
            ["id"] = id,
            ["outcome"] = "downloaded",
            ["commit"] = commit,
            ["bytes"] = bytes,
            ["quarantine"] = quarantine,
        },
        PullOutcome.AlreadyHere(var id, var note) => new JsonObject { ["id"] = id, ["outcome"] = "present", ["note"] = note },
        PullOutcome.Failed(var id, var reason) => new JsonObject { ["id"] = id, ["outcome"] = "failed", ["reason"] = reason },
        _ => throw new System.Diagnostics.UnreachableException(),
    };
}
