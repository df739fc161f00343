using System.Globalization;
using LoraHub.Api.Http;
using LoraHub.Api.Models;
using LoraHub.Core;
using LoraHub.Core.Json;
using LoraHub.Core.Predictions;
using Microsoft.Extensions.Options;

namespace LoraHub.Api.Replicate.Predictions;

/// <summary>Lists predictions or trainings in pages.</summary>
static class ReplicateListing
{
    const int PageSize = 100;

    public static Task<IResult> ListAsync(
        HttpRequest request, IPredictionStore store, Composer model, RunAddresses addresses, IOptions<LimitsOptions> limits) =>
        PageAsync(
            request, store, limits.Value, PredictionKinds.Predictions, prediction => ReplicatePrediction.From(prediction, model, addresses));

    /// <param name="kinds">What to list.</param>
    /// <param name="show">Gives the form on the wire.</param>
    public static async Task<IResult> PageAsync<T>(
        HttpRequest request, IPredictionStore store, LimitsOptions limits, IReadOnlyList<PredictionKind> kinds, Func<Prediction, T> show)
    {
        var (query, invalid) = Read(request.Query, limits);
        if (invalid.Count > 0)
        {
            return Problems.Fields(invalid);
        }

        // `source=web` selects predictions made on a website; here all come through the API.
        var (found, hasMore) = request.Query.ContainsKey("source")
            ? new PredictionPage([], HasMore: false)
            : await store.ListAsync(query with { Kinds = kinds }, request.HttpContext.RequestAborted);
        var results = found.Select(show).ToArray();
        var next = hasMore ? ListCursor.NextUrl(request, found[^1].CreatedAt, found[^1].Id) : null;
        return TypedResults.Json(new ReplicatePage<T>(next, null, results), WireJson.Options);
    }

    static (PredictionQuery Query, IReadOnlyList<InvalidField> Invalid) Read(IQueryCollection given, LimitsOptions limits)
    {
        var invalid = new List<InvalidField>();
        var query = new PredictionQuery
        {
            After = Read(given, ListCursor.Key, ReadCursor, ListCursor.Rule, invalid),
            CreatedAfter = Read(given, "created_after", ReadTime, "created_after must be a time in ISO 8601 format", invalid),
            CreatedBefore = Read(given, "created_before", ReadTime, "created_before must be a time in ISO 8601 format", invalid),
            Limit = PageSize,
            Bytes = limits.PageBytes,
        };
        return (query, invalid);
    }

    static T? Read<T>(IQueryCollection given, string key, Func<string, T?> read, string rule, List<InvalidField> invalid)
    {
        var text = given[key].ToString();
        var value = text.Length == 0 ? default : read(text);
        if (text.Length > 0 && value is null)
        {
            invalid.Add(new InvalidField("invalid_value", key, rule));
        }

        return value;
    }

    static DateTimeOffset? ReadTime(string text) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time : null;

    static PredictionPosition? ReadCursor(string text) => ListCursor.Read(text) is var (createdAt, id) ? new PredictionPosition(createdAt, id) : null;
}
