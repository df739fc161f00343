using LoraHub.Modules.Library;
using LoraHub.Modules.Versions;
using Microsoft.Extensions.Options;

namespace LoraHub.Modules.HuggingFace;

/// <summary>Brings one module from the hub, unless it is here.</summary>
sealed class ModuleFetch(HubClient hub, PullFiles files, ModuleLibrary library, ModulePublisher publisher, IOptions<HubOptions> options)
{
    /// <param name="revision">The one to bring, or null: then one that was brought stays what it is.</param>
    /// <param name="update">To look whether the hub has a newer one.</param>
    /// <param name="baseModel">See <see cref="ModuleOrigin"/>.</param>
    public Task<PullOutcome> FetchAsync(string id, string? revision, bool update, string? baseModel, IPullProgress progress, CancellationToken cancellationToken) =>
        PullFiles.GuardAsync(id, async () =>
        {
            var source = hub.Source(id);
            var here = library.Find(new ModuleReference(id, Digest: null));
            if (here is not null && revision is null && !update)
            {
                return new PullOutcome.Here(id, here is { Revision: { } pulled } && here.Source == source
                    ? $"revision {Short(pulled)}"
                    : "from elsewhere, and stays as it is; --update brings the hub's as a new version");
            }

            var model = await hub.ModelAsync(id, revision, cancellationToken);
            return here is { IsRecorded: true } && here.Source == source && here.Revision == model.Commit
                ? new PullOutcome.Here(id, $"revision {Short(model.Commit)}")
                : await DownloadAsync(model, source, baseModel, progress, cancellationToken);
        });

    /// <summary>The files that a module is made of, and nothing else that lies beside them.</summary>
    HubFile[] Files(HubModel model)
    {
        if (!model.Files.ContainsKey(ModuleFiles.Config))
        {
            throw new HubException($"{model.Id} has no {ModuleFiles.Config}: it is no LoRA module as PEFT writes them.");
        }

        var weights = model.Files.ContainsKey(ModuleFiles.Weights) ? ModuleFiles.Weights
            : model.Files.ContainsKey(ModuleFiles.PickledWeights) ? ModuleFiles.PickledWeights
            : throw new HubException($"{model.Id} has neither {ModuleFiles.Weights} nor {ModuleFiles.PickledWeights}.");
        string[] names = [ModuleFiles.Config, .. model.Files.ContainsKey(ModuleFiles.Card) ? [ModuleFiles.Card] : (string[])[], weights];
        HubFile[] chosen = [.. names.Select(name => model.File(name, ModuleFiles.MostBytes[name]))];
        return chosen.Sum(file => file.Size) is var bytes && bytes <= options.Value.MaxModuleBytes
            ? chosen
            : throw new HubException($"{model.Id} has {bytes} bytes; at most {options.Value.MaxModuleBytes} are taken (Hub:MaxModuleBytes).");
    }

    async Task<PullOutcome> DownloadAsync(HubModel model, string source, string? baseModel, IPullProgress progress, CancellationToken cancellationToken)
    {
        var wanted = Files(model);
        var bytes = wanted.Sum(file => file.Size);
        using var folder = files.Open(model);
        progress.Started(model.Id, bytes);
        await files.FetchAsync(model, wanted, folder, parallel: 1, progress, cancellationToken); // modules come beside each other

        using var incoming = publisher.Begin();
        foreach (var file in wanted)
        {
            File.Move(Path.Combine(folder.Path, file.Name), Path.Combine(incoming.Path, file.Name));
        }

        try
        {
            var (version, _) = await publisher.PublishAsync(model.Id, incoming, new ModuleOrigin(source, model.Commit, BaseModel: baseModel), cancellationToken);
            return new PullOutcome.Brought(model.Id, model.Commit, bytes, version.Quarantine);
        }
        catch (ModuleRefusedException exception)
        {
            throw new HubException($"{exception.FieldName}: {exception.Message}", exception);
        }
        finally
        {
            folder.Remove();
        }
    }

    static string Short(string commit) => commit[..Math.Min(12, commit.Length)];
}
