using LoraHub.Formats.ModelConfig;
using LoraHub.Modules.Folders;
using Microsoft.Extensions.Options;

namespace LoraHub.Modules.HuggingFace;

/// <summary>Brings a base model. It appears in the models folder when it is whole, and then stays what it is: its modules were checked against it.</summary>
sealed class BaseModelPull(HubClient hub, PullFiles files, BaseModels bases, IOptions<HubOptions> options)
{
    /// <summary>Says where a base model comes from. Prose: no part of the model's digest.</summary>
    const string SourceFile = "SOURCE.txt";

    /// <param name="id">A valid one.</param>
    /// <param name="revision">A branch, tag or commit; null for <c>main</c>.</param>
    public Task<PullOutcome> RunAsync(string id, string? revision, IPullProgress progress, CancellationToken cancellationToken) =>
        PullFiles.GuardAsync(id, async () =>
        {
            var here = bases.Find(id);
            if (here is not null && revision is null)
            {
                return new PullOutcome.Here(id, here);
            }

            var model = await hub.ModelAsync(id, revision, cancellationToken);
            return here is null ? await BringAsync(model, progress, cancellationToken)
                : Commit(here) == model.Commit ? new PullOutcome.Here(id, here)
                : throw new HubException($"Another revision, or a copy of unknown origin, is in {here}. Remove that folder to bring {model.Commit}.");
        });

    static string? Commit(string folder) =>
        Path.Combine(folder, SourceFile) is var path && File.Exists(path) ? File.ReadLines(path).Skip(1).FirstOrDefault() : null;

    async Task<PullOutcome> BringAsync(HubModel model, IPullProgress progress, CancellationToken cancellationToken)
    {
        using var folder = files.Open(model);
        var small = BaseModelFiles.Small(model);
        progress.Started(model.Id, small.Sum(file => file.Size));
        await files.FetchAsync(model, small, folder, options.Value.Parallel, progress, cancellationToken);
        Check(model, folder);

        var most = options.Value.MaxModelBytes;
        var large = BaseModelFiles.Large(model, folder.Path, most);
        var bytes = small.Concat(large).Sum(file => file.Size);
        if (bytes > most)
        {
            throw new HubException($"{model.Id} has {bytes} bytes; at most {most} are taken (Hub:MaxModelBytes).");
        }

        progress.Started(model.Id, bytes);
        await files.FetchAsync(model, large, folder, options.Value.Parallel, progress, cancellationToken);
        Place(model, folder);
        return new PullOutcome.Brought(model.Id, model.Commit, bytes);
    }

    static void Check(HubModel model, PullFolder folder)
    {
        try
        {
            GenerationConfig.Load(folder.Path, T5Config.Load(folder.Path));
        }
        catch (ModelException exception)
        {
            folder.Remove();
            throw new HubException($"{model.Id} cannot be a base model here: {exception.Message}", exception);
        }
    }

    void Place(HubModel model, PullFolder folder)
    {
        var path = Path.Combine(files.Models, model.Id);
        using (var source = new FileStream(Path.Combine(folder.Path, SourceFile), FileMode.Create))
        {
            source.Write(System.Text.Encoding.UTF8.GetBytes($"{hub.Source(model.Id)}\n{model.Commit}\n"));
            source.Flush(flushToDisk: true);
        }

        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        Directory.Move(folder.Path, path);
        folder.Remove();
    }
}
