using LoraHub.Core;
using LoraHub.Core.Predictions;
using LoraHub.Core.Predictions.Inputs;

namespace LoraHub.Api.Predictions;

/// <summary>Finds the earlier result that the input <c>adapter</c> refers to: by a prediction's id, or by its URL on this service.</summary>
sealed class AdapterReference(IPredictionStore store, IBlobStore blobs)
{
    public const string Deleted = "The prediction's result was deleted.";

    /// <param name="given">What the client gave, which is not a module.</param>
    /// <param name="origins">The schemes and hosts of this service.</param>
    /// <returns>The digest of its <c>adapter.zip</c>, or what is wrong.</returns>
    public async Task<(string? Digest, InputError? Error)> FindAsync(string given, IReadOnlyList<string> origins, CancellationToken cancellationToken)
    {
        var digest = origins.Select(origin => DigestIn(given, origin)).FirstOrDefault(found => found is not null);
        if (digest is null)
        {
            if (given.Contains("://", StringComparison.Ordinal))
            {
                return Wrong("The URL must be that of an adapter.zip of this service, as in a prediction's output.");
            }

            var prediction = await store.FindAsync(given, PredictionKinds.Predictions, cancellationToken);
            if (ProblemOf(prediction) is { } problem)
            {
                return Wrong(problem);
            }

            digest = prediction!.Output!.Adapter!;
        }

        await using var content = await blobs.OpenReadAsync(digest, cancellationToken);
        return content is null ? Wrong("This service has no such result: it was deleted, or never existed.") : (digest, null);
    }

    /// <summary>Why a prediction has no adapter to use or publish, or null.</summary>
    public static string? ProblemOf(Prediction? prediction) => prediction switch
    {
        null => "There is no such prediction, and a module is named as owner/name.",
        { Kind: not PredictionKind.Compose } => $"The prediction is a call of the model `{prediction.Created.Model}`, which makes no adapter.",
        { IsTerminal: false } => "The prediction has not ended; wait for its result.",
        { Status: not PredictionStatus.Succeeded } =>
            $"The prediction {(prediction.Status == PredictionStatus.Failed ? "failed" : "was canceled")}, so it has no adapter.",
        { Output: null } or { Output.Adapter: null } => Deleted,
        _ => null,
    };

    static (string? Digest, InputError? Error) Wrong(string message) =>
        (null, new InputError(InputSchema.Adapter, message, InputErrorKind.Invalid));

    static string? DigestIn(string given, string origin)
    {
        var (start, end) = ($"{origin}/results/", $"/{ResultUrls.Adapter}");
        return given.StartsWith(start, StringComparison.OrdinalIgnoreCase) && given.EndsWith(end, StringComparison.Ordinal)
            && given.Length > start.Length + end.Length
            && given[start.Length..^end.Length] is var digest && Digest.IsValid(digest)
                ? digest
                : null;
    }
}
