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
                Adapter = "c222831979ec074e8e668cef4798c7346e6934ff078cc7b9a9ee86c92abc3243",
                Trace = "d5ba8705fcdca8f4d701473d9f8b502359b96a20fd284832e128d44ff8fff346",
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
