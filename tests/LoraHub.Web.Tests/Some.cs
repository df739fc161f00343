using System.Text.Json.Nodes;
using LoraHub.Core.Predictions;
using LoraHub.Web.Layout;
using LoraHub.Web.Predictions;

namespace LoraHub.Web.Tests;

/// <summary>Things that pages show.</summary>
static class Some
{
    public static DateTimeOffset Now { get; } = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    public static Viewer Viewer { get; } =
        new(Token: null, HasTokens: false, MayPredict: true, MayPublish: true, IsAdmin: true, new FormToken("form", "secret"));

    public static CreatedPrediction Created(JsonObject? input = null, PredictionKind kind = PredictionKind.Compose) => new()
    {
        Id = "k3q2xw7vnd5m6y4tzbcaefgh2i",
        Kind = kind,
        Model = kind == PredictionKind.Compose ? null : "me/french",
        Input = input ?? new JsonObject { ["example_inputs"] = new JsonArray("a"), ["example_outputs"] = new JsonArray("b") },
        Origin = "http://localhost:5000",
        CreatedAt = Now,
    };

    public static Prediction Succeeded(PredictionOutput output, JsonObject? input = null, PredictionKind kind = PredictionKind.Compose) =>
        new(Created(input, kind))
        {
            State = new PredictionState(PredictionStatus.Succeeded, CancelRequested: false),
            StartedAt = Now,
            CompletedAt = Now.AddSeconds(3),
            Output = output,
        };

    public static RunLinks Links(string? adapter = "/results/1/adapter.zip") =>
        new("lorahub/lorahub", new string('1', 64), "http://localhost:5000", adapter, Checkpoint: null, Trace: null);
}
