using System.Text.Json.Nodes;
using LoraHub.Api.Docs;
using LoraHub.Api.Http;
using LoraHub.Api.Predictions;
using LoraHub.Api.Replicate.Predictions;
using LoraHub.Core.Predictions;
using LoraHub.Core.Predictions.Inputs;

namespace LoraHub.Api.Replicate.Trainings;

/// <summary>Example requests and responses of trainings.</summary>
static class TrainingExamples
{
    const string Destination = "me/french", Model = "lorahub/lorahub", Id = "p7m2ax5wqd4n6y3tzbcaefgh2i";

    const string ComposerVersion = "3f0b9e6a5c1d4e8f7a2b9c0d1e3f5a7b9c8d6e4f2a1b3c5d7e9f8a6b4c2d1e0f";

    public static JsonObject Body() => new() { ["destination"] = Destination, ["input"] = Input() };

    public static ReplicatePrediction Created() => Of(PredictionStatus.Starting);

    public static ReplicatePrediction Succeeded() => Of(PredictionStatus.Succeeded) with
    {
        Logs = $"Using seed: 1\nPublished {Destination}:{ExamplePrediction.ModuleDigest}\n",
        StartedAt = ExamplePrediction.Now.AddSeconds(0.25),
        CompletedAt = ExamplePrediction.Now.AddSeconds(5),
        Output = TrainedOutput.Of(
            $"{Destination}:{ExamplePrediction.ModuleDigest}",
            new PredictionOutput { Adapter = ExamplePrediction.ModuleDigest, Trace = ComposerVersion },
            ExamplePrediction.Origin),
        Metrics = new Dictionary<string, double> { [Prediction.PredictTimeMetric] = 4.75, ["total_time"] = 5 },
    };

    public static ReplicatePage<ReplicatePrediction> Page() => new(null, null, [Succeeded()]);

    /// <summary>As for a prediction, of which this training makes a version.</summary>
    static JsonObject Input()
    {
        var input = InputDocument.Example();
        input[TrainingSchema.Type] = TrainingSchema.Compose;
        return input;
    }

    static ReplicatePrediction Of(PredictionStatus status)
    {
        var url = $"{ExamplePrediction.Origin}/v1/trainings/{Id}";
        var page = $"{ExamplePrediction.Origin}/trainings/{Id}";
        return new ReplicatePrediction
        {
            Id = Id,
            Model = Model,
            Version = ComposerVersion,
            Input = Input(),
            Logs = "",
            Output = null,
            Error = null,
            Status = status,
            CreatedAt = ExamplePrediction.Now,
            Metrics = new Dictionary<string, double>(),
            Urls = new ReplicateUrls(url, $"{url}/cancel", $"{ExamplePrediction.Origin}/v1/streams/{Id}.5b1d…", page),
        };
    }
}
