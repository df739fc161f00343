using LoraHub.Modules.Library;
using LoraHub.Modules.Versions;
using Microsoft.Extensions.Options;

namespace LoraHub.Modules.HuggingFace;

/// <summary>Downloads a module from the Hugging Face Hub, unless the library has it.</summary>
sealed class ModuleDownload(HubClient hub, PullFiles files, ModuleLibrary library, ModulePublisher publisher, IOptions<HubOptions> options)
{
    /// <param name="revision">The revision to download; null keeps a module that the library has.</param>
    /// <param name="update">Whether to check the Hub for a newer revision.</param>
    /// <param name="baseModel">See <see cref="ModuleOrigin"/>.</param>
    public Task<PullOutcome> DownloadAsync(
        string id, string? revision, bool update, string? baseModel, IPullProgress progress, CancellationToken cancellationToken) =>
        PullFiles.GuardAsync(id, async () =>
        {
            var source = hub.Source(id);
            var here = library.Find(new ModuleReference(id, Digest: null));
            if (here is not null && revision is null && !update)
            {
                return new PullOutcome.AlreadyHere(id, here is { Revision: { } pulled } && here.Source == source
                    ? $"revision {Short(pulled)}"
                    : "from another source; use --update to download the Hub's revision as a new version");
            }

            var model = await hub.ModelAsync(id, revision, cancellationToken);
            return here is { IsRecorded: true } && here.Source == source && here.Revision == model.Commit
                ? new PullOutcome.AlreadyHere(id, $"revision {Short(model.Commit)}")
                : await DownloadAsync(model, source, baseModel, progress, cancellationToken);
        });

    /// <summary>The module's own files; others in the repository are not downloaded.</summary>
    HubFile[] Files(HubModel model)
    {
        if (!model.Files.ContainsKey(ModuleFiles.Config))
        {
            throw new HubException($"{model.Id} has no {ModuleFiles.Config} and is not a LoRA module as PEFT saves it.");
        }

        var weights = model.Files.ContainsKey(ModuleFiles.Weights) ? ModuleFiles.Weights
            : model.Files.ContainsKey(ModuleFiles.PickledWeights) ? ModuleFiles.PickledWeights
            : throw new HubException($"{model.Id} has neither {ModuleFiles.Weights} nor {ModuleFiles.PickledWeights}.");
        string[] names = [ModuleFiles.Config, .. model.Files.ContainsKey(ModuleFiles.Card) ? [ModuleFiles.Card] : (string[])[], weights];
        HubFile[] chosen = [.. names.Select(name => model.File(name, ModuleFiles.MostBytes[name]))];
        return chosen.Sum(file => file.Size) is var bytes && bytes <= options.Value.MaxModuleBytes
            ? chosen
            : throw new HubException($"{model.Id} has {bytes} bytes; the limit is {options.Value.MaxModuleBytes} (Hub:MaxModuleBytes).");
    }

    async Task<PullOutcome> DownloadAsync(
        HubModel model, string source, string? baseModel, IPullProgress progress, CancellationToken cancellationToken)
    {
        var wanted = Files(model);
        var bytes = wanted.Sum(file => file.Size);
        using var folder = files.Open(model);
        progress.Started(model.Id, bytes);
        await files.DownloadAsync(model, wanted, folder, parallel: 1, progress, cancellationToken); // the modules are parallel

        using var incoming = publisher.Begin();
        foreach (var file in wanted)
        {
            File.Move(Path.Combine(folder.Path, file.Name), Path.Combine(incoming.Path, file.Name));
        }

        try
        {
            var origin = new ModuleOrigin(source, model.Commit, BaseModel: baseModel);
            var (version, _) = await publisher.PublishAsync(model.Id, incoming, origin, cancellationToken);
            return new PullOutcome.Downloaded(model.Id, model.Commit, bytes, version.Quarantine);
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
