using LoraHub.Formats.ModelConfig;
using LoraHub.Modules.Folders;
using Microsoft.Extensions.Options;

namespace LoraHub.Modules.HuggingFace;

/// <summary>
/// Downloads a base model. It appears in the models folder once it is complete, and is never replaced, because modules were checked against it.
/// </summary>
sealed class BaseModelPull(HubClient hub, PullFiles files, BaseModels bases, IOptions<HubOptions> options)
{
    /// <summary>Records where a base model was downloaded from. Not part of the model's digest.</summary>
    const string SourceFile = "SOURCE.txt";

    /// <param name="id">A valid model id.</param>
    /// <param name="revision">A branch, tag or commit; null for <c>main</c>.</param>
    public Task<PullOutcome> RunAsync(string id, string? revision, IPullProgress progress, CancellationToken cancellationToken) =>
        PullFiles.GuardAsync(id, async () =>
        {
            var here = bases.Find(id);
            if (here is not null && revision is null)
            {
                return new PullOutcome.AlreadyHere(id, here);
            }

            var model = await hub.ModelAsync(id, revision, cancellationToken);
            return here is null ? await DownloadAsync(model, progress, cancellationToken)
                : Commit(here) == model.Commit ? new PullOutcome.AlreadyHere(id, here)
                : throw new HubException(
                    $"{here} holds another revision, or a copy of unknown origin. Remove that folder to download {model.Commit}.");
        });

    static string? Commit(string folder) =>
        Path.Combine(folder, SourceFile) is var path && File.Exists(path) ? File.ReadLines(path).Skip(1).FirstOrDefault() : null;

    async Task<PullOutcome> DownloadAsync(HubModel model, IPullProgress progress, CancellationToken cancellationToken)
    {
        using var folder = files.Open(model);
        var small = BaseModelFiles.Small(model);
        progress.Started(model.Id, small.Sum(file => file.Size));
        await files.DownloadAsync(model, small, folder, options.Value.Parallel, progress, cancellationToken);
        Check(model, folder);

        var most = options.Value.MaxModelBytes;
        var large = BaseModelFiles.Large(model, folder.Path, most);
        var bytes = small.Concat(large).Sum(file => file.Size);
        if (bytes > most)
        {
            throw new HubException($"{model.Id} has {bytes} bytes; the limit is {most} (Hub:MaxModelBytes).");
        }

        progress.Started(model.Id, bytes);
        await files.DownloadAsync(model, large, folder, options.Value.Parallel, progress, cancellationToken);
        Place(model, folder);
        return new PullOutcome.Downloaded(model.Id, model.Commit, bytes);
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
            throw new HubException($"{model.Id} is not a supported base model: {exception.Message}", exception);
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
