using System.Text.Json.Nodes;
using LoraHub.Api.Models;
using LoraHub.Api.Replicate.Predictions;
using LoraHub.Core.Predictions;
using LoraHub.Core.Predictions.Inputs;
using LoraHub.Modules.Ranking;

namespace LoraHub.Api.Replicate.Models;

/// <summary>
/// A model's examples as predictions: the rows of the table of inputs and targets in a module's card. Nothing is stored of them, so their URLs lead
/// to the list of examples.
/// </summary>
static class CardExamples
{
    const string Logs = "This example is from the module's card; it was not run here.\n";

    public static IEnumerable<ReplicatePrediction> Of(CallableModel model, Composer composer, string origin)
    {
        var url = $"{origin}/v1/models/{model.Name}/examples";
        var urls = new ReplicateUrls(url, url, url, url);
        return ExampleTable.Rows(model.Module?.Card.Text ?? "").Index()
            .Select(row => ReplicatePrediction.From(Prediction(model, origin, row.Index, row.Item.Input, row.Item.Target), composer, urls));
    }

    static Prediction Prediction(CallableModel model, string origin, int row, string input, string target)
    {
        var at = ReplicateVersion.From(model).CreatedAt;
        var created = new CreatedPrediction
        {
            Id = $"example-{row + 1}",
            Kind = model.Kind,
            Model = model.Name,
            Version = model.Version,
            Input = new JsonObject { [PromptSchema.Prompt] = input },
            Origin = origin,
            CreatedAt = at,
        };
        PredictionEvent[] events =
        [
            new PredictionEvent.Started(),
            new PredictionEvent.Logged(Logs),
            new PredictionEvent.Generated(0, target),
            new PredictionEvent.Succeeded(),
        ];
        return new Prediction(created).Apply(events.Index().Select(next => new RecordedEvent(next.Index + 1, at, next.Item)));
    }
}
