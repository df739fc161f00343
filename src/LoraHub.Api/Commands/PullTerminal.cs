using LoraHub.Api.Hub;
using Spectre.Console;

namespace LoraHub.Api.Commands;

/// <summary>Shows a pull to a person: a bar of bytes for each that comes, a line for each that has ended. In a pipe, the lines alone.</summary>
sealed class PullTerminal : IPullProgress
{
    readonly Lock _turn = new();
    readonly Dictionary<string, ProgressTask> _bars = [];
    readonly ProgressContext? _context;
    int _count;
    int _ended;

    PullTerminal(ProgressContext? context) => _context = context;

    public int Brought { get; private set; }

    /// <summary>Runs a pull to its end.</summary>
    public static Task<T> WatchAsync<T>(Func<PullTerminal, Task<T>> pullAsync) => AnsiConsole.Profile.Out.IsTerminal
        ? AnsiConsole.Progress()
            .AutoClear(enabled: true)
            .HideCompleted(enabled: true)
            .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new DownloadedColumn(), new TransferSpeedColumn(), new RemainingTimeColumn())
            .StartAsync(context => pullAsync(new PullTerminal(context)))
        : pullAsync(new PullTerminal(context: null));

    public void Found(int count) => _count = count;

    public void Started(string id, long bytes)
    {
        lock (_turn)
        {
            if (_context is not null && !_bars.ContainsKey(id))
            {
                _bars.Add(id, _context.AddTask(id.EscapeMarkup()));
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

            Brought += outcome is PullOutcome.Brought ? 1 : 0;
            Say($"[{++_ended}/{Math.Max(_count, _ended)}] {outcome.Id}: {Text(outcome)}");
        }
    }

    /// <summary>Spectre breaks lines at 80 letters where there is no terminal.</summary>
    public static void Say(string line)
    {
        if (AnsiConsole.Profile.Out.IsTerminal)
        {
            AnsiConsole.WriteLine(line);
        }
        else
        {
            Console.Out.WriteLine(line);
        }
    }

    public static string Size(long bytes) => bytes switch
    {
        >= 1L << 30 => $"{bytes / (double)(1L << 30):0.0} GiB",
        >= 1L << 20 => $"{bytes / (double)(1L << 20):0.0} MiB",
        _ => $"{bytes / 1024.0:0.0} KiB",
    };

    static string Text(PullOutcome outcome) => outcome switch
    {
        PullOutcome.Brought(_, var commit, var bytes, null) => $"brought at {commit[..12]}, {Size(bytes)}",
        PullOutcome.Brought(_, var commit, _, var quarantine) => $"brought at {commit[..12]} into quarantine: {quarantine}",
        PullOutcome.Here(_, var note) => $"already here, {note}",
        PullOutcome.Failed(_, var reason) => $"failed: {reason}",
        _ => "",
    };
}
