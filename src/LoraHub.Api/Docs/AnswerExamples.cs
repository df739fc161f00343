using System.Text.Json;
using System.Text.Json.Nodes;
using LoraHub.Api.Cog;
using LoraHub.Api.Http;
using LoraHub.Api.Modules;
using LoraHub.Api.Predictions;
using LoraHub.Api.Replicate;
using LoraHub.Api.Replicate.Files;
using LoraHub.Api.Replicate.Predictions;
using LoraHub.Api.Webhooks;
using LoraHub.Api.Worker;
using LoraHub.Core.Optimization;
using LoraHub.Core.Predictions;

namespace LoraHub.Api.Docs;

/// <summary>What the answers look like.</summary>
sealed class AnswerExamples(ServedModel model)
{
    static readonly DateTimeOffset Now = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    /// <summary>An answer of the type, written as the routes write it.</summary>
    /// <exception cref="InvalidOperationException">The type has no example yet.</exception>
    public JsonNode Of(Type type, int statusCode)
    {
        var answer = type == typeof(Problem) ? ProblemOf(statusCode)
            : type == typeof(CogFailure) ? FailureOf(statusCode)
            : type == typeof(CogError) ? ErrorOf(statusCode)
            : Examples().FirstOrDefault(type.IsInstanceOfType) ?? throw new InvalidOperationException($"{type} has no example for the documents.");
        return JsonSerializer.SerializeToNode(answer, type, WireJson.Options)!;
    }

    IEnumerable<object> Examples() => ExamplesOfPredictions().Concat(FileExamples.At(Now)).Concat(ModuleExamples.At(Now));

    IEnumerable<object> ExamplesOfPredictions()
    {
        var prediction = Prediction();
        var replicate = ReplicatePrediction.From(prediction, model, new ReplicateUrls(
            $"{prediction.Origin}/v1/predictions/{prediction.Id}",
            $"{prediction.Origin}/v1/predictions/{prediction.Id}/cancel",
            $"{prediction.Origin}/v1/streams/{prediction.Id}.5b1d…",
            $"{prediction.Origin}/v1/predictions/{prediction.Id}"));
        yield return replicate;
        yield return new ReplicatePage<ReplicatePrediction>(null, null, [replicate]);
        yield return CogPrediction.From(prediction);
        yield return new CogAccepted(prediction.Id, PredictionStatus.Starting);
        yield return new CogIndex();
        yield return CogHealth.From(new Setup(SetupStatus.Succeeded, Now, Now.AddSeconds(1), "Base model lorahub/t5-mini was loaded.\n"), isBusy: false, trouble: null);
        yield return new CogInputErrors([new CogInputError(["body", "input", "max_inference_step"], "5 is less than the minimum of 10", "value_error")]);
        yield return Trace();
        yield return new WebhookSecret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
        yield return new JsonObject();
        foreach (var example in ModelExamples.Of(model, Now))
        {
            yield return example;
        }
    }

    static Prediction Prediction()
    {
        const string Origin = "http://localhost:5000";
        var prediction = new Prediction { Id = "k3q2xw7vnd5m6y4tzbcaefgh2i", Input = InputDocument.Example(), Origin = Origin, CreatedAt = Now };
        PredictionEvent[] story =
        [
            new PredictionEvent.Started(),
            new PredictionEvent.Logged("Using seed: 42\nThe recommended weight set for the LoRA modules is:\n0.6420: lorahub/t5_mini-french\n"),
            new PredictionEvent.Answered(new PredictionOutput
            {
                Adapter = $"{Origin}/results/153b071f1361e6992081b2b4ab1298bf0c3022cec7dcecf145443f8928eb26be/adapter.zip",
                Trace = $"{Origin}/results/a9e2bd8e6ba2d3d52d51a6ee2fbe1e2a5f3f6a27b1a4b4c9e9a0f6f0a7c1d3b8/trace.json",
                Weights = [new ModuleWeight(ModuleExamples.Id, 0.642, ModuleExamples.Digest)],
                Loss = new LossReport(0.6059, 0.0502, 40),
            }),
            new PredictionEvent.Measured(Core.Predictions.Prediction.PredictTimeMetric, 0.75),
            new PredictionEvent.Succeeded(),
        ];
        return story.Index().Aggregate(prediction, (now, next) => now.Apply(new RecordedEvent(next.Index + 1, Now.AddSeconds(0.25 * next.Index), next.Item)));
    }

    static SearchTrace Trace() => new()
    {
        BaseModel = "lorahub/t5-mini",
        Seed = 42,
        Budget = 40,
        Composition = "factors",
        Objective = "reference",
        Optimizer = Optimizers.Default,
        Modules = [new TracedModule(ModuleExamples.Id, ModuleExamples.Digest)],
        Steps = [new TraceStep(0, TraceKinds.Search, [0], 0.6059, 0.02), new TraceStep(1, TraceKinds.Search, [0.642], 0.0502, 0.04)],
    };

    static Problem ProblemOf(int statusCode) => statusCode switch
    {
        StatusCodes.Status400BadRequest => new Problem(null, "The body is not valid JSON (line 1, byte 2; each key may stand once in an object, and nesting may be 32 deep).", statusCode),
        StatusCodes.Status401Unauthorized => new Problem("Unauthenticated", "You did not pass a valid authentication token", statusCode),
        StatusCodes.Status403Forbidden => new Problem("Forbidden", "A web page of another site may not ask here; Api:CorsOrigins names those that may.", statusCode),
        StatusCodes.Status404NotFound => new Problem(null, "The requested resource could not be found.", statusCode),
        StatusCodes.Status413PayloadTooLarge => new Problem(null, "The body must be at most 104857600 bytes.", statusCode),
        StatusCodes.Status415UnsupportedMediaType => new Problem(null, "Send the body as Content-Type: application/json.", statusCode),
        StatusCodes.Status422UnprocessableEntity => new Problem(
            "Input validation failed",
            "- input.max_inference_step: 5 is less than the minimum of 10\n",
            statusCode,
            [new InvalidField("number_gte", "input.max_inference_step", "5 is less than the minimum of 10")]),
        StatusCodes.Status429TooManyRequests => new Problem(null, "Request was throttled. Your rate limit resets in ~30s.", statusCode),
        StatusCodes.Status503ServiceUnavailable => new Problem("Setup failed", "The model could not be loaded; GET /health-check says why.", statusCode),
        _ => new Problem(null, "The request cannot be answered.", statusCode),
    };

    static CogError ErrorOf(int statusCode) => new(statusCode == StatusCodes.Status429TooManyRequests
        ? "Too many stream subscribers"
        : "OpenAPI schema not available");

    static CogFailure FailureOf(int statusCode) => new(statusCode switch
    {
        StatusCodes.Status401Unauthorized => "You did not pass a valid authentication token",
        StatusCodes.Status403Forbidden => "Only programs on this machine may ask here.",
        StatusCodes.Status409Conflict => "At capacity - all prediction slots busy",
        StatusCodes.Status503ServiceUnavailable => "Setup has not finished yet. Wait until it has finished, or GET /health-check for status.",
        _ => "The request cannot be answered.",
    });
}
