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
            new PredictionEvent.Logged("Using seed: 42\nThe recommended weight set for the LoRA modules is:\n0.6420: lorahub/t5_mini-french\n"),
            new PredictionEvent.Answered(new PredictionOutput
            {
                Adapter = "153b071f1361e6992081b2b4ab1298bf0c3022cec7dcecf145443f8928eb26be",
                Trace = "a9e2bd8e6ba2d3d52d51a6ee2fbe1e2a5f3f6a27b1a4b4c9e9a0f6f0a7c1d3b8",
                Weights = [new ModuleWeight(ModuleId, 0.642, ModuleDigest)],
                Loss = new LossReport(0.6059, 0.0502, 40),
            }),
            new PredictionEvent.Measured(Prediction.PredictTimeMetric, 0.75),
            new PredictionEvent.Succeeded(),
        ];
        return new Prediction(created).Apply(
            events.Index().Select(next => new RecordedEvent(next.Index + 1, Now.AddSeconds(0.25 * next.Index), next.Item)));
    }
}
