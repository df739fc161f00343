using LoraHub.Core.Predictions;
using LoraHub.Core.Trainings;
using LoraHub.Modules.Folders;
using LoraHub.Modules.Library;
using LoraHub.Modules.Uploads;
using LoraHub.Modules.Versions;
using Microsoft.Extensions.Options;

namespace LoraHub.Api.Worker;

/// <summary>Publishes the version that a training made, and takes it back if the training is canceled meanwhile.</summary>
sealed partial class TrainingPublication(
    ModulePublisher publisher, ModuleLibrary library, IModuleExchange exchange, IOptions<ModuleOptions> options, ILogger<TrainingPublication> logger)
{
    /// <summary>Publishes the adapter. A version that is there already becomes the current one.</summary>
    /// <param name="adapterFile">The PEFT adapter, a zip.</param>
    /// <returns><c>owner/name:digest</c>, and how to remove the version; null if it was there already.</returns>
    /// <exception cref="PredictionException">It may not be published there; nothing has changed.</exception>
    public async Task<(string Version, Func<Task>? Undo)> PublishAsync(TrainingDestination destination, string adapterFile)
    {
        var id = destination.Module;
        CheckRights(destination);
        try
        {
            using var incoming = publisher.Begin();
            await ModuleZip.ExtractAsync(adapterFile, incoming.Path, options.Value.MaxBytes, CancellationToken.None);
            UploadedFiles.Check(incoming.Path);
            var origin = new ModuleOrigin(PublishedBy: destination.PublishedBy, IsAdmin: destination.IsAdmin, IsTrained: true);
            var (version, placement) = await publisher.PublishAsync(id, incoming, origin, CancellationToken.None);
            var digest = version.Digest!;
            LogPublished(id, digest);
            await ShareAsync(id, digest, placement);
            return ($"{id}:{digest}", placement == Placement.Known ? null : () => WithdrawAsync(id, digest));
        }
        catch (ModuleTakenException)
        {
            throw Taken(id);
        }
        catch (ModuleRefusedException exception)
        {
            throw new PredictionException($"The result was not published as `{id}`: {exception.Message}", exception);
        }
    }

    /// <summary>
    /// The rights were checked when the training was created. The module may have changed since, and a worker has no index that says so.
    /// </summary>
    void CheckRights(TrainingDestination destination)
    {
        var id = destination.Module;
        var versions = library.EarlierVersions(id).Prepend(library.Find(new ModuleReference(id, null))).OfType<ModuleVersion>().ToArray();
        if (versions is [{ IsOwned: false }, ..])
        {
            throw new PredictionException($"The result was not published: `{id}` is read-only now; choose another destination.");
        }

        if (!destination.IsAdmin && versions.Any(version => version.PublishedBy != destination.PublishedBy))
        {
            throw Taken(id);
        }
    }

    /// <summary>Makes it known to the other processes, of which this one may be a worker only.</summary>
    async Task ShareAsync(string id, string digest, Placement placement)
    {
        try
        {
            await exchange.ShareAsync(id, CancellationToken.None);
        }
        catch when (placement != Placement.Known)
        {
            await publisher.WithdrawAsync(id, digest);
            throw;
        }
    }

    async Task WithdrawAsync(string id, string digest)
    {
        var isShared = exchange.IsPublished(id) && library.EarlierVersions(id).Count > 0; // the other processes keep all versions
        if (!isShared && await publisher.WithdrawAsync(id, digest))
        {
            await exchange.ShareAsync(id, CancellationToken.None);
            LogWithdrawn(id, digest);
        }
        else
        {
            LogKept(id, digest);
        }
    }

    static PredictionException Taken(string id) => new(
        $"The result was not published: another token has published `{id}` since the training was created; choose another destination.");

    [LoggerMessage(LogLevel.Information, "Published module {Module}, version {Digest}, which a training made.")]
    partial void LogPublished(string module, string digest);

    [LoggerMessage(LogLevel.Information, "Removed module {Module}, version {Digest}: its training was canceled.")]
    partial void LogWithdrawn(string module, string digest);

    [LoggerMessage(LogLevel.Warning, "Module {Module}, version {Digest}, stays, although its training was canceled: the module is shared or in use.")]
    partial void LogKept(string module, string digest);
}
