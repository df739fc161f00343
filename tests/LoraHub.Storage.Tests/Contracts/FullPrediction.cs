using System.Text.Json;
using System.Text.Json.Nodes;
using LoraHub.Core.Predictions;
using LoraHub.Core.Predictions.Inputs;

namespace LoraHub.Storage.Tests.Contracts;

/// <summary>A prediction with a value in every property.</summary>
static class FullPrediction
{
    const string Prompt = "ä \u0000 \ud83d\udc08";

    public static CreatedPrediction Create(DateTimeOffset createdAt, PredictionKind kind = PredictionKind.Compose)
    {
        var composition = Composition(createdAt);
        return kind switch
        {
            PredictionKind.Generate => composition with
            {
                Kind = kind,
                Input = new JsonObject { ["prompt"] = Prompt, ["temperature"] = 0.5 },
                Plan = Some.TextPlan(new ModuleUse("mine/colors", Some.Digest('1')), Prompt) with { Warnings = ["Unknown input: `top`."] },
            },
            PredictionKind.Train => composition with
            {
                Kind = kind,
                Plan = Some.TrainingPlan((CompositionPlan)composition.Plan!, new ModuleUse("mine/french", Some.Digest('3'))),
            },
            _ => composition,
        };
    }

    static CreatedPrediction Composition(DateTimeOffset createdAt)
    {
        var given = JsonNode.Parse("""
            {
                "example_inputs": ["ä \u0000 \ud83d\udc08", "two"], "example_outputs": ["1", "2"], "test_inputs": ["x\ny"], "test_outputs": ["z"],
                "module_weights": {"mine/colors": -0.1, "mine/plurals": 1e-300}, "composition": "delta", "objective": "token_loss",
                "module_selection": "probe", "output_format": "checkpoint", "optimizer": "probe_cobyla", "seed": 4294967295,
                "max_inference_step": 100, "num_random_lora_modules": 3, "max_new_tokens": 7, "controls": true
            }
            """)!.AsObject();
        return new CreatedPrediction
        {
            Id = "every",
            Model = "mine/colors",
            Version = Some.Digest('1'),
            Input = given,
            Plan = new CompositionPlan(InputParser.Parse(given).Input!, 4294967295,
                [new("mine/colors", Some.Digest('1')), new("mine/plurals", Some.Digest('2'))]),
            Origin = "https://lorahub.example:8443",
            CreatedAt = createdAt,
            Deadline = createdAt.AddMinutes(5),
            Deployment = "lorahub/mine",
            Destination = "me/french",
            Webhook = new PredictionWebhook("https://example.org/?secret=1", new HashSet<WebhookEvent> { WebhookEvent.Start, WebhookEvent.Completed })
            {
                Trace = new Dictionary<string, string> { ["traceparent"] = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01" },
            },
            Hardware = "cpu",
            TraceParent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        };
    }

    public static void AssertSame(CreatedPrediction expected, CreatedPrediction actual) =>
        Assert.All(typeof(CreatedPrediction).GetProperties(), property =>
    {
        Assert.NotNull(property.GetValue(expected)); // when this fails, give the property a value above
        Assert.Equal(Json(property.GetValue(expected)), Json(property.GetValue(actual)));
    });

    public static string Json(object? value) => JsonSerializer.Serialize(value is IReadOnlySet<WebhookEvent> events ? events.Order() : value);
}
