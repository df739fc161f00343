using System.Globalization;
using System.Text;
using System.Text.Json;
using LoraHub.Api.Docs;
using LoraHub.Api.Http;
using LoraHub.Core.Json;

namespace LoraHub.Api.Replicate.Models;

/// <summary>The result of a search.</summary>
public sealed record ReplicateSearch(
    string Query, IReadOnlyList<ReplicateFound> Models, IReadOnlyList<string> Collections, IReadOnlyList<string> Pages);

public sealed record ReplicateFound(ReplicateModel Model, ReplicateFoundMetadata Metadata);

/// <param name="Score">1 divided by the model's rank in the result: 1, 0.5, …</param>
public sealed record ReplicateFoundMetadata(string GeneratedDescription, IReadOnlyList<string> Tags, double Score);

/// <summary>Searches the models as modules are searched: by their names and cards.</summary>
static class ModelSearch
{
    const int LongestQuery = 1000;

    const int DefaultLimit = 20, LargestLimit = 50;

    /// <summary>The most results of a <c>QUERY</c>.</summary>
    const int MostFound = 100;

    static readonly string[] Tags = ["lora", "text2text-generation"];

    public static RouteHandlerBuilder WithSearchQuery(this RouteHandlerBuilder route) => route
        .WithQuery("query", "The words to search for.", "lora", isRequired: true)
        .WithQuery(
            "limit",
            $"The maximum number of models to return, 1 to {LargestLimit}. Default: {DefaultLimit}.",
            "10",
            ParameterType.Integer(1, LargestLimit));

    /// <summary>JavaScript's client sends the text as a JSON string. Python's and Go's send plain text.</summary>
    public static async Task<IResult> QueryAsync(HttpRequest request, ModelList models)
    {
        var text = new char[LongestQuery + 1];
        using var reader = new StreamReader(request.Body, Encoding.UTF8);
        var length = await request.HttpContext.ReadBodyAsync(() => reader.ReadBlockAsync(text, request.HttpContext.RequestAborted).AsTask());
        if (length > LongestQuery)
        {
            return Problems.Because(StatusCodes.Status413PayloadTooLarge, null, $"The query must be at most {LongestQuery} characters.");
        }

        var query = Unquoted(new string(text, 0, length).Trim());
        return ReplicatePage.Of([.. await models.SearchAsync(query, MostFound, Origin.Of(request), request.HttpContext.RequestAborted)]);
    }

    public static async Task<IResult> SearchAsync(HttpRequest request, ModelList models)
    {
        var query = request.Query["query"].ToString();
        if (string.IsNullOrWhiteSpace(query))
        {
            return Problems.Because(StatusCodes.Status400BadRequest, null, "Query parameter \"query\" is required");
        }

        var limit = DefaultLimit;
        if (request.Query["limit"].ToString() is { Length: > 0 } given
            && !(int.TryParse(given, NumberStyles.None, CultureInfo.InvariantCulture, out limit) && limit is >= 1 and <= LargestLimit))
        {
            return Problems.Because(StatusCodes.Status400BadRequest, null, $"Query parameter \"limit\" must be a number from 1 to {LargestLimit}");
        }

        var found = await models.SearchAsync(query, limit, Origin.Of(request), request.HttpContext.RequestAborted);
        return TypedResults.Json(new ReplicateSearch(query, [.. found.Index().Select(Ranked)], [], []), WireJson.Options);
    }

    static ReplicateFound Ranked((int Index, ReplicateModel Model) found) =>
        new(found.Model, new ReplicateFoundMetadata(found.Model.Description ?? "", Tags, 1.0 / (found.Index + 1)));

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
