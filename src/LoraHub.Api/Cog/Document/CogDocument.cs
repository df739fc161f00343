using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using LoraHub.Api.Models;
using LoraHub.Core.Json;
using LoraHub.Core.Predictions.Inputs;

namespace LoraHub.Api.Cog.Document;

/// <summary>
/// The OpenAPI document that Cog's tools read inputs from: the same bytes at <c>/openapi.json</c> and in a version's <c>openapi_schema</c>.
/// It is OpenAPI 3.0.2 with the names of Cog's own generator (replicate/cog, pkg/schema/openapi_spec.go), so that the playground,
/// <c>cog predict</c> and cog-safe-push accept it. It omits Replicate's routes.
/// </summary>
static class CogDocument
{
    public static JsonElement Json { get; } = Of(InputSchema.Fields, CogSchemas.ComposedOutput());

    public static byte[] Bytes { get; } = Encoding.UTF8.GetBytes(Json.GetRawText());

    /// <summary>The document of a model with these inputs.</summary>
    /// <param name="output">The schema of its output.</param>
    public static JsonElement Of(IReadOnlyList<InputField> fields, JsonObject output) =>
        JsonElement.Parse(Document(fields, output).ToJsonString(WireJson.Options));

    static JsonObject Document(IReadOnlyList<InputField> fields, JsonObject output) => new()
    {
        ["openapi"] = "3.0.2",
        ["info"] = new JsonObject { ["title"] = "Cog", ["version"] = Composer.CogVersion },
        ["paths"] = Paths(),
        ["components"] = new JsonObject { ["schemas"] = CogSchemas.All(fields, output) },
    };

    /// <summary>Omits <c>/trainings</c>, which would turn the playground into a training form.</summary>
    static JsonObject Paths() => new()
    {
        ["/"] = new JsonObject { ["get"] = Operation("Root", "root__get", Anything()) },
        ["/health-check"] = new JsonObject { ["get"] = Operation("Healthcheck", "healthcheck_health_check_get", Anything()) },
        ["/predictions"] = new JsonObject { ["post"] = Predict() },
        ["/predictions/{prediction_id}/cancel"] = new JsonObject { ["post"] = Cancel() },
    };

    static JsonObject Predict()
    {
        var operation = Operation("Predict", "predict_predictions_post", CogSchemas.Reference("PredictionResponse"));
        operation["description"] = "Run a single prediction on the model";
        operation["requestBody"] = new JsonObject { ["content"] = Content(CogSchemas.Reference("PredictionRequest")) };
        operation["responses"]!["422"] = Invalid();
        operation["x-cog-streaming"] = true;
        return operation;
    }

    static JsonObject Cancel()
    {
        var operation = Operation("Cancel", "cancel_predictions__prediction_id__cancel_post", Anything());
        operation["parameters"] = new JsonArray(new JsonObject
        {
            ["name"] = "prediction_id",
            ["in"] = "path",
            ["required"] = true,
            ["schema"] = new JsonObject { ["title"] = "Prediction Id", ["type"] = "string" },
        });
        operation["responses"]!["422"] = Invalid();
        return operation;
    }

    static JsonObject Operation(string summary, string id, JsonObject answer) => new()
    {
        ["summary"] = summary,
        ["operationId"] = id,
        ["responses"] = new JsonObject
        {
            ["200"] = new JsonObject { ["description"] = "Successful Response", ["content"] = Content(answer) },
            ["default"] = new JsonObject { ["description"] = "Refused: the service's own document, /docs, lists every reason" },
        },
    };

    static JsonObject Invalid() => new()
    {
        ["description"] = "Validation Error",
        ["content"] = new JsonObject
        {
            ["application/json"] = new JsonObject { ["schema"] = CogSchemas.Reference("HTTPValidationError") },
            ["text/plain"] = new JsonObject { ["schema"] = new JsonObject { ["type"] = "string" } }, // a member beside `input` of a wrong type
        },
    };

    static JsonObject Content(JsonObject schema) => new() { ["application/json"] = new JsonObject { ["schema"] = schema } };

    static JsonObject Anything() => [];
}
