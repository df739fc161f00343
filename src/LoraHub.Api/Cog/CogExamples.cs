using System.Text.Json;
using LoraHub.Api.Docs;
using LoraHub.Api.Worker;
using LoraHub.Core.Predictions;

namespace LoraHub.Api.Cog;

/// <summary>Example responses of the bare paths.</summary>
sealed class CogExamples : IAnswerExamples
{
    /// <summary>An excerpt of Cog's document.</summary>
    public static JsonElement Document { get; } = JsonElement.Parse("""
        {
          "openapi": "3.0.2",
          "components": {
            "schemas": {
              "Input": {"title": "Input", "type": "object", "properties": {"seed": {"x-order": 5, "title": "Seed", "type": "integer"}}}
            }
          }
        }
        """);

    public object? Find(Type type, int statusCode) =>
        type == typeof(CogFailure) ? FailureOf(statusCode)
        : type == typeof(CogError) ? ErrorOf(statusCode)
        : All().FirstOrDefault(type.IsInstanceOfType);

    static IEnumerable<object> All()
    {
        var prediction = ExamplePrediction.Succeeded();
        var now = ExamplePrediction.Now;
        return
        [
            CogPrediction.From(prediction),
            new CogAccepted(prediction.Id, PredictionStatus.Starting),
            new CogIndex(),
            CogHealth.From(
                new Setup(SetupStatus.Succeeded, now, now.AddSeconds(1), "Base model lorahub/t5-mini was loaded.\n"), isBusy: false, trouble: null),
            new CogInputErrors([new CogInputError(["body", "input", "max_inference_step"], "5 is less than the minimum of 10", "value_error")]),
            Document,
        ];
    }

    static CogError ErrorOf(int statusCode) => new(statusCode == StatusCodes.Status429TooManyRequests
        ? "Too many stream subscribers"
        : "OpenAPI schema not available");

    static CogFailure FailureOf(int statusCode) => new(statusCode switch
    {
        StatusCodes.Status401Unauthorized => "You did not pass a valid authentication token",
        StatusCodes.Status403Forbidden => "Only programs on this machine may use this path.",
        StatusCodes.Status409Conflict => "At capacity - all prediction slots busy",
        StatusCodes.Status503ServiceUnavailable => "Setup has not finished yet. Wait until it has finished, or GET /health-check for status.",
        _ => "The request cannot be answered.",
    });
}
