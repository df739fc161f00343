using LoraHub.Core.Predictions;

namespace LoraHub.Api.Docs;

/// <summary>The prediction that all examples in the OpenAPI document show.</summary>
static class ExamplePrediction
{
    public const string Origin = "http://localhost:5000", ModuleId = "lorahub/t5_mini-french";

    public const string ModuleDigest = "eacbdb2552344c80ca2d38ec5458d5dce675155bebd31e0924165912bf56453d";

    /// <summary>The time in all examples.</summary>
    public static readonly DateTimeOffset Now = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    public static Prediction Succeeded()
    {
        var created = new CreatedPrediction
        {
            Id = "k3q2xw7vnd5m6y4tzbcaefgh2i",
            Input = InputDocument.Example(),
            Origin = Origin,
            CreatedAt = Now,
        };
        PredictionEvent[] events =
        [
            new PredictionEvent.Started(),
            new PredictionEvent.Logged("Using seed: 1\nThe recommended weight set for the LoRA modules is:\n0.6420: lorahub/t5_mini-french\n"),
            new PredictionEvent.Answered(new PredictionOutput
            {
                Adapter = "57c9577b06cbab16354ea4f15ee9ba571cfd4b75af0c833e29c5f9cd9127e2e9",
                Trace = "9ceae1896e09c50a44ffab752d96bcdff47b3befb902dc2f45f82e1bfa71937b",
                Composition = "factors",
                Weights = [new ModuleWeight(ModuleId, 0.642, ModuleDigest)],
                Loss = new LossReport(0.6059, 0.0502, 40),
                Predictions = ["mer", "lit", "cuillère", "reply", "roi", "pomme"],
                Accuracy = new AccuracyReport(0, 83.33333333333333),
            }),
            new PredictionEvent.Measured(Prediction.PredictTimeMetric, 0.75),
            new PredictionEvent.Succeeded(),
        ];
        return new Prediction(created).Apply(
            events.Index().Select(next => new RecordedEvent(next.Index + 1, Now.AddSeconds(0.25 * next.Index), next.Item)));
    }
}
