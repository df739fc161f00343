using LoraHub.Api.Http;
using LoraHub.Api.Predictions;
using LoraHub.Core.Predictions;
using LoraHub.Modules.Folders;
using LoraHub.Modules.Uploads;
using LoraHub.Modules.Versions;
using Microsoft.Extensions.Options;

namespace LoraHub.Api.Modules;

/// <summary>Publishes the result of a prediction as a version of a module, with the card that says how it was made.</summary>
sealed class ResultPublication(PublishEndpoint publisher, IPredictionStore store, IBlobStore blobs, IOptions<ModuleOptions> options)
{
    public const string Destination = "destination";

    public const string Rule = "destination must be the owner/name of a module, with letters, digits, `.`, `-` and `_`";

    public static async Task<IResult> PostAsync(string id, HttpContext http, ResultPublication publication)
    {
        var body = await BodyFields.ReadAsync(http.Request);
        var destination = body.RequiredText(Destination);
        if (destination.Length > 0 && !ModelId.IsValid(destination))
        {
            body.Refuse("invalid_value", Destination, Rule);
        }

        body.Check();
        return await publication.PublishAsync(id, destination, http);
    }

    /// <param name="id">Of the prediction.</param>
    /// <param name="destination">A valid <c>owner/name</c>.</param>
    public async Task<IResult> PublishAsync(string id, string destination, HttpContext http)
    {
        if (await store.FindAsync(id, PredictionKinds.Predictions, http.RequestAborted) is not { } prediction)
        {
            return Problems.NotFound();
        }

        if (AdapterReference.ProblemOf(prediction) is { } problem)
        {
            return Problems.Because(StatusCodes.Status409Conflict, null, problem);
        }

        var digest = prediction.Output!.Adapter!;
        await using var adapter = await blobs.OpenReadAsync(digest, http.RequestAborted);
        return adapter is null
            ? Problems.Because(StatusCodes.Status409Conflict, null, AdapterReference.Deleted)
            : await publisher.PublishAsync(destination, http, incoming => FillAsync(incoming, adapter, http.RequestAborted));
    }

    /// <returns>Null: the adapter's configuration names its base model.</returns>
    async Task<string?> FillAsync(IncomingFolder incoming, Stream adapter, CancellationToken cancellationToken)
    {
        using var parcel = publisher.Begin();
        var path = Path.Combine(parcel.Path, ResultUrls.Adapter);
        await using (var file = File.Create(path))
        {
            await adapter.CopyToAsync(file, cancellationToken);
        }

        await ModuleZip.ExtractAsync(path, incoming.Path, options.Value.MaxBytes, cancellationToken);
        return null;
    }
}

/// <summary>The body of a publication, for the API documents.</summary>
public sealed record ResultPublicationRequest(string Destination);
