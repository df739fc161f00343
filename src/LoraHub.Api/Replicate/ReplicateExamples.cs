using LoraHub.Api.Docs;
using LoraHub.Api.Http;
using LoraHub.Api.Models;
using LoraHub.Api.Replicate.Files;
using LoraHub.Api.Replicate.Predictions;

namespace LoraHub.Api.Replicate;

/// <summary>Example responses under <c>/v1</c>.</summary>
sealed class ReplicateExamples(Composer model) : IAnswerExamples
{
    public object? Find(Type type, int statusCode) => type == typeof(Problem) ? ProblemOf(statusCode) : All().FirstOrDefault(type.IsInstanceOfType);

    IEnumerable<object> All() => OfPredictions()
        .Concat(FileExamples.At(ExamplePrediction.Now))
        .Concat(ReplicateModelExamples.Of(model, ExamplePrediction.Now));

    IEnumerable<object> OfPredictions()
    {
        var prediction = ExamplePrediction.Succeeded();
        var url = $"{prediction.Origin}/v1/predictions/{prediction.Id}";
        var page = $"{prediction.Origin}/predictions/{prediction.Id}";
        var urls = new ReplicateUrls(url, $"{url}/cancel", $"{prediction.Origin}/v1/streams/{prediction.Id}.5b1d…", page);
        var shown = ReplicatePrediction.From(prediction, model, urls);
        return [shown, new ReplicatePage<ReplicatePrediction>(null, null, [shown])];
    }

    static Problem ProblemOf(int statusCode) => statusCode switch
    {
        StatusCodes.Status400BadRequest => new Problem(
            null, "The body is not valid JSON (line 1, byte 2; keys must be unique in an object, and nesting at most 32 levels deep).", statusCode),
        StatusCodes.Status401Unauthorized => new Problem("Unauthenticated", "You did not pass a valid authentication token", statusCode),
        StatusCodes.Status403Forbidden => new Problem(
            "Forbidden", "Cross-site requests are not allowed; add the page's origin to Api:CorsOrigins.", statusCode),
        StatusCodes.Status404NotFound => new Problem(null, "The requested resource could not be found.", statusCode),
        StatusCodes.Status413PayloadTooLarge => new Problem(null, "The body must be at most 104857600 bytes.", statusCode),
        StatusCodes.Status415UnsupportedMediaType => new Problem(null, "Send the body as Content-Type: application/json.", statusCode),
        StatusCodes.Status422UnprocessableEntity => new Problem(
            "Input validation failed",
            "- input.max_inference_step: 5 is less than the minimum of 10\n",
            statusCode,
            [new InvalidField("number_gte", "input.max_inference_step", "5 is less than the minimum of 10")]),
        StatusCodes.Status429TooManyRequests => new Problem(null, "Request was throttled. Your rate limit resets in ~30s.", statusCode),
        StatusCodes.Status503ServiceUnavailable => new Problem(
            "Setup failed", "The model could not be loaded: the base model `google/flan-t5-large` was not found.", statusCode),
        _ => new Problem(null, "The request cannot be answered.", statusCode),
    };
}
