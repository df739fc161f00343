using System.Globalization;
using System.Text;
using System.Text.Json;
using LoraHub.Api.Docs;
using LoraHub.Api.Http;
using LoraHub.Api.Models;
using LoraHub.Api.Predictions;
using LoraHub.Core.Json;
using LoraHub.Modules.Ranking;

namespace LoraHub.Api.Replicate.Models;

/// <summary>The result of a search.</summary>
public sealed record ReplicateSearch(
    string Query, IReadOnlyList<ReplicateFound> Models, IReadOnlyList<string> Collections, IReadOnlyList<string> Pages);

public sealed record ReplicateFound(ReplicateModel Model, ReplicateFoundMetadata Metadata);

/// <param name="Score">The relevance. Always 1, since there is only one model.</param>
public sealed record ReplicateFoundMetadata(string GeneratedDescription, IReadOnlyList<string> Tags, double Score);

/// <summary>Searches the served model, as modules are searched, by its name and description.</summary>
static class ModelSearch
{
    const int LongestQuery = 1000;

    const int DefaultLimit = 20, LargestLimit = 50;

    public static RouteHandlerBuilder WithSearchQuery(this RouteHandlerBuilder route) => route
        .WithQuery("query", "The words to search for.", "lora", isRequired: true)
        .WithQuery(
            "limit",
            $"The maximum number of models to return, 1 to {LargestLimit}. Default: {DefaultLimit}.",
            "10",
            ParameterType.Integer(1, LargestLimit));

    /// <summary>JavaScript's client sends the text as a JSON string. Python's and Go's send plain text.</summary>
    public static async Task<IResult> QueryAsync(HttpRequest request, Composer model, PredictionIntake intake)
    {
        var text = new char[LongestQuery + 1];
        using var reader = new StreamReader(request.Body, Encoding.UTF8);
        var length = await reader.ReadBlockAsync(text, request.HttpContext.RequestAborted);
        if (length > LongestQuery)
        {
            return Problems.Because(StatusCodes.Status413PayloadTooLarge, null, $"The query must be at most {LongestQuery} characters.");
        }

        return Matches(model, Unquoted(new string(text, 0, length).Trim()))
            ? ReplicatePage.Of(ReplicateModel.From(model, Origin.Of(request), intake.Count(null)))
            : ReplicatePage.Empty<ReplicateModel>();
    }

    public static IResult Search(HttpRequest request, Composer model, PredictionIntake intake)
    {
        var query = request.Query["query"].ToString();
        if (string.IsNullOrWhiteSpace(query))
        {
            return Problems.Because(StatusCodes.Status400BadRequest, null, "Query parameter \"query\" is required");
        }

        var limit = request.Query["limit"].ToString();
        if (limit.Length > 0
            && !(int.TryParse(limit, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count is >= 1 and <= LargestLimit))
        {
            return Problems.Because(StatusCodes.Status400BadRequest, null, $"Query parameter \"limit\" must be a number from 1 to {LargestLimit}");
        }

        var metadata = new ReplicateFoundMetadata(Composer.Description, ["lora", "text2text-generation"], 1);
        ReplicateFound[] found = Matches(model, query)
            ? [new(ReplicateModel.From(model, Origin.Of(request), intake.Count(null)), metadata)]
            : [];
        return TypedResults.Json(new ReplicateSearch(query, found, [], []), WireJson.Options);
    }

    static bool Matches(Composer model, string query) =>
        TextSearch.Find(query, [model], served => served.Name, _ => Composer.Description).Count > 0;

    static string Unquoted(string text)
    {
        try
        {
            return text is ['"', .., '"'] ? JsonSerializer.Deserialize<string>(text)! : text;
        }
        catch (JsonException)
        {
            return text; // the quotes are part of the query
        }
    }
}
