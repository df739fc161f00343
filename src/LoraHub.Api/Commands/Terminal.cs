using LoraHub.Core.Predictions;

namespace LoraHub.Api.Commands;

/// <summary>Shows a running prediction on standard error: its log, and in a terminal a progress bar of the search.</summary>
static class Terminal
{
    /// <summary>Shows the prediction's progress until it ends.</summary>
    /// <exception cref="OperationCanceledException">The token was canceled, because no worker runs the prediction any more.</exception>
    public static async Task<Prediction> WatchAsync(
        IPredictionEvents events, Prediction created, SearchBar search, CancellationToken cancellationToken)
    {
        if (!Output.Errors.Profile.Out.IsTerminal)
        {
            return await FoldAsync(events, created, line => Console.Error.WriteLine(line), cancellationToken);
        }

        return await Output.Progress(Output.Errors).StartAsync(context =>
        {
            search.Bar = context.AddTask("Loading");
            return FoldAsync(events, created, line => Show(line, search), cancellationToken);
        });
    }

    static async Task<Prediction> FoldAsync(
        IPredictionEvents events, Prediction created, Action<string> show, CancellationToken cancellationToken)
    {
        var prediction = created;
        await foreach (var recorded in events.ReadAsync(created.Id, after: 0, cancellationToken))
        {
            prediction = prediction.Apply(recorded);
            if (recorded.Event is PredictionEvent.Logged(var text))
            {
                foreach (var line in text.TrimEnd('\n').Split('\n'))
                {
                    show(line);
                }
            }
        }

        return prediction;
    }

    static void Show(string line, SearchBar search)
    {
        if (!search.Shows(line))
        {
            Output.WriteLine(Output.Errors, line);
        }
    }
}
