using System.Text.Json.Nodes;
using LoraHub.Api.Models;
using LoraHub.Api.Predictions;
using LoraHub.Core.Predictions;

namespace LoraHub.Api.Commands;

/// <summary>Answers a prompt in this process.</summary>
static class LocalRun
{
    /// <returns>The exit code.</returns>
    /// <exception cref="UsageException">The inputs are invalid.</exception>
    public static async Task<int> RunAsync(Invocation invocation, CallableModel model, JsonObject given)
    {
        var created = await LocalPrediction.CreateAsync(invocation, new PredictionRequest(given, Origin: "", Capacity: 1) { Model = model });
        var terminal = new TextTerminal(invocation.Output);
        var events = invocation.Service<IPredictionEvents>();
        var prediction = await LocalPrediction.RunAsync(invocation, created, abandoned => FollowAsync(events, created, terminal, abandoned));
        if (invocation.Output.IsJson)
        {
            Output.WriteJson(new Report(
                model.Name,
                model.Version,
                prediction.Status,
                prediction.Created.Plan?.Seed,
                WireOutput.Of(prediction),
                prediction.Error,
                prediction.Metrics));
        }

        if (prediction.Error is { } error)
        {
            Output.Note($"The prediction failed: {error}");
        }

        return LocalPrediction.CodeOf(prediction);
    }

    static async Task<Prediction> FollowAsync(
        IPredictionEvents events, Prediction created, TextTerminal terminal, CancellationToken cancellationToken)
    {
        var prediction = created;
        await foreach (var recorded in events.ReadAsync(created.Id, after: 0, cancellationToken))
        {
            prediction = prediction.Apply(recorded);
            switch (recorded.Event)
            {
                case PredictionEvent.Generated(var start, var text):
                    terminal.Write(start, text);
                    break;
                case PredictionEvent.Answered({ Text: { } pieces }):
                    terminal.Write(0, string.Concat(pieces));
                    break;
                case PredictionEvent.Logged(var lines):
                    terminal.Log(lines);
                    break;
            }
        }

        terminal.End();
        return prediction;
    }

    /// <summary>The JSON of the verb. <c>output</c> is the list of pieces, as in the HTTP API.</summary>
    sealed record Report(
        string Model,
        string Version,
        PredictionStatus Status,
        long? Seed,
        WireOutput? Output,
        string? Error,
        IReadOnlyDictionary<string, double> Metrics);
}
