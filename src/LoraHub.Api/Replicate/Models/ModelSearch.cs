using System.Globalization;
using System.Text;
using System.Text.Json;
using LoraHub.Api.Docs;
using LoraHub.Api.Http;
using LoraHub.Api.Predictions;

namespace LoraHub.Api.Replicate.Models;

/// <summary>What a search found.</summary>
public sealed record ReplicateSearch(string Query, IReadOnlyList<ReplicateFound> Models, IReadOnlyList<string> Collections, IReadOnlyList<string> Pages);

public sealed record ReplicateFound(ReplicateModel Model, ReplicateFoundMetadata Metadata);

/// <param name="Score">How well it fits; 1, for there is no other model to compare it with.</param>
public sealed record ReplicateFoundMetadata(string GeneratedDescription, IReadOnlyList<string> Tags, double Score);

/// <summary>Searches the one model: it is found when each word stands in its name or its description.</summary>
static class ModelSearch
{
    const int LongestQuery = 1000;

    const int DefaultLimit = 20, LargestLimit = 50;

    public static RouteHandlerBuilder WithSearchQuery(this RouteHandlerBuilder route) => route
        .WithQuery("query", "The words to look for.", "lora")
        .WithQuery("limit", $"The most models to answer, 1 to {LargestLimit}. Default: {DefaultLimit}.", "10");

    /// <summary>JavaScript's client sends the text as JSON, in quotes; Python's and Go's as it is.</summary>
    public static async Task<IResult> QueryAsync(HttpRequest request, ServedModel model, PredictionIntake intake)
    {
        var text = new char[LongestQuery + 1];
        using var reader = new StreamReader(request.Body, Encoding.UTF8);
        var length = await reader.ReadBlockAsync(text, request.HttpContext.RequestAborted);
        if (length > LongestQuery)
        {
            return Problems.Because(StatusCodes.Status413PayloadTooLarge, null, $"The query must be at most {LongestQuery} characters.");
        }

        return Finds(model, Unquoted(new string(text, 0, length).Trim()))
            ? ReplicatePage.Of(ReplicateModel.From(model, Origin.Of(request), intake.Count))
            : ReplicatePage.Empty<ReplicateModel>();
    }

    public static IResult Search(HttpRequest request, ServedModel model, PredictionIntake intake)
    {
        var query = request.Query["query"].ToString();
        if (string.IsNullOrWhiteSpace(query))
        {
            return Problems.Because(StatusCodes.Status400BadRequest, null, "Query parameter \"query\" is required");
        }

        var limit = request.Query["limit"].ToString();
        if (limit.Length > 0 && !(int.TryParse(limit, NumberStyles.None, CultureInfo.InvariantCulture, out var most) && most is >= 1 and <= LargestLimit))
        {
            return Problems.Because(StatusCodes.Status400BadRequest, null, $"Query parameter \"limit\" must be a number from 1 to {LargestLimit}");
        }

        ReplicateFound[] found = Finds(model, query)
            ? [new(ReplicateModel.From(model, Origin.Of(request), intake.Count), new ReplicateFoundMetadata(ServedModel.Description, ["lora", "text2text-generation"], 1))]
            : [];
        return TypedResults.Json(new ReplicateSearch(query, found, [], []), WireJson.Options);
    }

    static bool Finds(ServedModel model, string query) => query
        .Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)
        .All(word => $"{model.Name} {ServedModel.Description}".Contains(word, StringComparison.OrdinalIgnoreCase));

    static string Unquoted(string text)
    {
        try
        {
            return text is ['"', .., '"'] ? JsonSerializer.Deserialize<string>(text)! : text;
        }
        catch (JsonException)
        {
            return text; // somebody looks for quotes
        }
    }
}
