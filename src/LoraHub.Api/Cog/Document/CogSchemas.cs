using System.Text.Json.Nodes;
using LoraHub.Core.Predictions;
using LoraHub.Core.Predictions.Inputs;

namespace LoraHub.Api.Cog.Document;

/// <summary>The components of Cog's document.</summary>
static class CogSchemas
{
    public static JsonObject All(IReadOnlyList<InputField> fields, JsonObject output)
    {
        var all = new JsonObject { ["Input"] = CogInputSchema.Input(fields) };
        foreach (var (name, schema) in CogInputSchema.Choices(fields))
        {
            all[name] = schema;
        }

        all["Output"] = output;
        all["PredictionRequest"] = Request();
        all["PredictionResponse"] = Response();
        all["Status"] = Enumeration("Status", "An enumeration.", ["starting", "processing", "succeeded", "canceled", "failed"]);
        all["WebhookEvent"] = Enumeration(
            "WebhookEvent", "An event that a webhook can receive.", [.. Enum.GetNames<WebhookEvent>().Select(name => name.ToLowerInvariant())]);
        all["HTTPValidationError"] = Object("HTTPValidationError", new JsonObject
        {
            ["detail"] = Array(Reference("ValidationError"), "Detail"),
        });
        all["ValidationError"] = ValidationError();
        return all;
    }

    public static JsonObject Reference(string name) => new() { ["$ref"] = $"#/components/schemas/{name}" };

    public static JsonObject Enumeration(string title, string description, IEnumerable<string> words) => new()
    {
        ["title"] = title,
        ["description"] = description,
        ["type"] = "string",
        ["enum"] = new JsonArray([.. words.Select(word => (JsonNode)word)]),
    };

    /// <summary><see cref="PredictionOutput"/>. The reference returned a single URI of a pickle instead of this object.</summary>
    public static JsonObject ComposedOutput()
    {
        var output = Object("Output", new JsonObject
        {
            ["adapter"] = Url("Adapter", "adapter.zip: the composed LoRA module as PEFT loads it."),
            ["checkpoint"] = Url("Checkpoint", "checkpoint.zip: the merged model, if requested."),
            ["trace"] = Url("Trace", "trace.json: every evaluation of the search, with weights, loss and time. Absent without a search."),
            ["composition"] = Typed("string", "Composition"),
            ["weights"] = Array(Weight(), "Weights"),
            ["loss"] = Object("Loss", new JsonObject
            {
                ["zero_shot"] = Typed("number", "Zero Shot"),
                ["adapted"] = Typed("number", "Adapted"),
                ["evaluations"] = Typed("integer", "Evaluations"),
            }),
            ["tuning"] = Object("Tuning", new JsonObject
            {
                ["steps"] = Typed("integer", "Steps"),
                ["composed_loss"] = Typed("number", "Composed Loss"),
                ["loss"] = Typed("number", "Loss"),
            }),
            ["predictions"] = Array(new JsonObject { ["type"] = "string" }, "Predictions"),
            ["zero_shot"] = Array(new JsonObject { ["type"] = "string" }, "Zero Shot"),
            ["accuracy"] = Object("Accuracy", new JsonObject
            {
                ["zero_shot"] = Typed("number", "Zero Shot"),
                ["adapted"] = Typed("number", "Adapted"),
            }),
            ["controls"] = Controls(),
        });
        output["required"] = new JsonArray("weights");
        return output;
    }

    /// <summary>The pieces of a text, which a page shows as one text.</summary>
    public static JsonObject TextOutput() => new()
    {
        ["title"] = "Output",
        ["type"] = "array",
        ["items"] = new JsonObject { ["type"] = "string" },
        ["x-cog-array-type"] = "iterator",
        ["x-cog-array-display"] = "concatenate",
    };

    /// <summary><see cref="ModuleWeight"/>.</summary>
    static JsonObject Weight() => Object("Weight", new JsonObject
    {
        ["module"] = Typed("string", "Module"),
        ["digest"] = Typed("string", "Digest"),
        ["weight"] = Typed("number", "Weight"),
        ["composition"] = Typed("string", "Composition"),
    });

    /// <summary><see cref="ControlReport"/>.</summary>
    static JsonObject Controls()
    {
        return Object("Controls", new JsonObject
        {
            ["zero_shot"] = Control("Zero Shot"),
            ["best_single"] = Control("Best Single", ("module", Typed("string", "Module"))),
            ["uniform_mean"] = Control("Uniform Mean"),
            ["random_directions"] = Control("Random Directions"),
            ["composed"] = Control("Composed"),
            ["tuned_from_zero"] = Control("Tuned From Zero"),
            ["tuned_from_best_single"] = Control("Tuned From Best Single", ("module", Typed("string", "Module"))),
            ["leave_one_out"] = Object("Leave One Out", new JsonObject
            {
                ["examples"] = Typed("integer", "Examples"),
                ["zero_shot"] = Typed("number", "Zero Shot"),
                ["best_single"] = Typed("number", "Best Single"),
                ["adapted"] = Typed("number", "Adapted"),
            }),
            ["missing"] = Typed("string", "Missing"),
        });

        static JsonObject Control(string title, params (string Name, JsonObject Schema)[] more) => Object(title, new JsonObject(
        [
            .. more.Select(field => KeyValuePair.Create(field.Name, (JsonNode?)field.Schema)),
            new("loss", Typed("number", "Loss")),
            new("accuracy", Typed("number", "Accuracy")),
        ]));
    }

    static JsonObject Request() => Object("PredictionRequest", new JsonObject
    {
        ["id"] = Typed("string", "Id"),
        ["input"] = Reference("Input"),
        ["webhook"] = Url("Webhook", "URL that receives the prediction's events."),
        ["webhook_events_filter"] = Array(Reference("WebhookEvent"), "Webhook Events Filter"),
    });

    static JsonObject Response() => Object("PredictionResponse", new JsonObject
    {
        ["input"] = Reference("Input"),
        ["output"] = Reference("Output"),
        ["id"] = Typed("string", "Id"),
        ["version"] = Typed("string", "Version"),
        ["created_at"] = Time("Created At"),
        ["started_at"] = Time("Started At"),
        ["completed_at"] = Time("Completed At"),
        ["status"] = Typed("string", "Status"),
        ["error"] = Typed("string", "Error"),
        ["logs"] = Typed("string", "Logs"),
        ["metrics"] = Typed("object", "Metrics"),
    });

    static JsonObject ValidationError()
    {
        var location = new JsonObject { ["anyOf"] = new JsonArray(new JsonObject { ["type"] = "string" }, new JsonObject { ["type"] = "integer" }) };
        var error = Object("ValidationError", new JsonObject
        {
            ["loc"] = Array(location, "Location"),
            ["msg"] = Typed("string", "Message"),
            ["type"] = Typed("string", "Error Type"),
        });
        error["required"] = new JsonArray("loc", "msg", "type");
        return error;
    }

    static JsonObject Object(string title, JsonObject properties) => new() { ["title"] = title, ["type"] = "object", ["properties"] = properties };

    static JsonObject Array(JsonObject items, string title) => new() { ["title"] = title, ["type"] = "array", ["items"] = items };

    static JsonObject Typed(string type, string title) => new() { ["title"] = title, ["type"] = type };

    static JsonObject Url(string title, string description) =>
        new() { ["title"] = title, ["type"] = "string", ["format"] = "uri", ["description"] = description };

    static JsonObject Time(string title) => new() { ["title"] = title, ["type"] = "string", ["format"] = "date-time" };
}
