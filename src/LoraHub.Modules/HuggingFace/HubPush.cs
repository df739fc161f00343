using System.Text;
using System.Text.Json.Nodes;
using LoraHub.Modules.Cards;
using LoraHub.Modules.Folders;
using LoraHub.Modules.Versions;

namespace LoraHub.Modules.HuggingFace;

/// <param name="Id">The name on the Hub.</param>
/// <param name="BaseModel">A valid id.</param>
/// <param name="IsPrivate">Whether only the owner may see it: a new model is created so, and one that others see is left alone.</param>
/// <param name="Message">The commit's message.</param>
sealed record PushRequest(string Id, string Folder, string BaseModel, bool IsPrivate, string Message);

/// <param name="Commit">The commit on the Hub that has the module.</param>
/// <param name="Files">The names of the files that changed, ordered by name; empty if the Hub had all.</param>
/// <param name="Bytes">How many bytes of large files the Hub needed.</param>
sealed record PushOutcome(string Id, string Url, string Commit, IReadOnlyList<string> Files, long Bytes);

/// <summary>Receives the progress of a push.</summary>
interface IPushProgress
{
    /// <summary>Large files of this many bytes, all together, follow.</summary>
    void Started(long bytes);

    /// <summary>More bytes were sent; negative when they must be sent again.</summary>
    void Sent(long bytes);
}

/// <summary>
/// Publishes a module's files on the Hugging Face Hub in one commit. Nothing of it is visible before; a run after a broken one continues with what
/// the Hub does not have yet.
/// </summary>
sealed class HubPush(HubClient hub, HubUploads uploads, LfsUpload large, HubRetries retries)
{
    const int MostCommits = 5;

    /// <exception cref="HubException">The push failed.</exception>
    /// <exception cref="InvalidDataException">The folder has no module, or its card cannot be completed.</exception>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public async Task<PushOutcome> RunAsync(PushRequest request, IPushProgress progress, CancellationToken cancellationToken)
    {
        if (!VersionFolder.IsModule(request.Folder))
        {
            throw new InvalidDataException(
                $"{request.Folder} is not a module: it needs {ModuleFiles.Config} and {ModuleFiles.Weights} (or {ModuleFiles.PickledWeights}).");
        }

        var model = await FindOrCreateAsync(request, cancellationToken);
        var (changed, bytes) = (new SortedSet<string>(StringComparer.Ordinal), 0L);
        for (var commits = 1; ; commits++)
        {
            var files = await ChangesAsync(request, model, cancellationToken);
            var others = Others(request, model);
            if (files.Count == 0 && others.Length == 0)
            {
                return new PushOutcome(model.Id, hub.Source(model.Id), model.Commit, [.. changed], bytes);
            }

            changed.UnionWith(files.Select(file => file.Name).Concat(others));
            var (lines, sent) = files.Count == 0 ? ([], 0) : await UploadAsync(model.Id, files, progress, cancellationToken);
            bytes += sent;
            try
            {
                var commit = await retries.RunAsync(
                    token => uploads.CommitAsync(model.Id, model.Commit, request.Message, [.. lines, .. others.Select(Deletion)], token),
                    cancellationToken);
                return new PushOutcome(model.Id, hub.Source(model.Id), commit, [.. changed], bytes);
            }
            catch (HubConflictException) when (commits < MostCommits)
            {
                // Somebody else committed, or our own commit arrived and only its response was lost: look again.
                model = await hub.ModelAsync(model.Id, revision: null, cancellationToken);
            }
        }
    }

    async Task<HubModel> FindOrCreateAsync(PushRequest request, CancellationToken cancellationToken)
    {
        HubModel model;
        try
        {
            model = await hub.ModelAsync(request.Id, revision: null, cancellationToken);
        }
        catch (MissingHubModelException)
        {
            model = await retries.RunAsync(token => TryCreateAsync(request, token), cancellationToken);
        }

        return !request.IsPrivate || model.IsPrivate ? model : throw new HubException(
            $"{model.Id} exists on the Hub and is public; make it private at {hub.Source(model.Id)}/settings, or leave out --private.");
    }

    async Task<HubModel> TryCreateAsync(PushRequest request, CancellationToken cancellationToken)
    {
        try
        {
            await uploads.CreateAsync(request.Id, request.IsPrivate, cancellationToken);
        }
        catch (HubConflictException)
        {
            // An earlier attempt created it, or another process did.
        }

        try
        {
            return await hub.TryModelAsync(request.Id, cancellationToken);
        }
        catch (MissingHubModelException exception)
        {
            throw new TransientHubException($"{request.Id} exists on the Hub, but the token's owner does not see it.", exception, isOutage: false);
        }
    }

    /// <summary>The module's files, as far as the Hub's commit does not have them.</summary>
    async Task<IReadOnlyList<PushFile>> ChangesAsync(PushRequest request, HubModel model, CancellationToken cancellationToken)
    {
        var card = Path.Combine(request.Folder, ModuleFiles.Card);
        var text = File.Exists(card) ? await File.ReadAllTextAsync(card, cancellationToken)
            : model.Files.ContainsKey(ModuleFiles.Card) ? Encoding.UTF8.GetString((await hub.ReadAsync(
                model, model.File(ModuleFiles.Card, ModuleFiles.MostBytes[ModuleFiles.Card]), cancellationToken)).Span)
            : null;
        PushFile[] files =
        [
            PushFile.Of(ModuleFiles.Card, Encoding.UTF8.GetBytes(HubCard.Complete(text, request.Id, request.BaseModel))),
            .. VersionFolder.NumbersIn(request.Folder).Select(PushFile.Of),
        ];
        var changes = new List<PushFile>();
        foreach (var file in files)
        {
            if (!await file.IsAsync(model.Files.GetValueOrDefault(file.Name), cancellationToken))
            {
                changes.Add(file);
            }
        }

        return changes;
    }

    /// <summary>The weights on the Hub in another format. They are deleted, because PEFT could load them instead of the module's.</summary>
    static string[] Others(PushRequest request, HubModel model)
    {
        var names = VersionFolder.NumbersIn(request.Folder).Select(file => file.Name).ToArray();
        return [.. new[] { ModuleFiles.Weights, ModuleFiles.PickledWeights }.Except(names).Where(model.Files.ContainsKey)];
    }

    static JsonObject Deletion(string name) => new() { ["key"] = "deletedFile", ["value"] = new JsonObject { ["path"] = name } };

    /// <summary>Uploads the large files.</summary>
    /// <returns>The lines of a commit with all files, and how many bytes the Hub needed.</returns>
    async Task<(IReadOnlyList<JsonObject> Lines, long Bytes)> UploadAsync(
        string id, IReadOnlyList<PushFile> files, IPushProgress progress, CancellationToken cancellationToken)
    {
        var isLarge = await retries.RunAsync(token => uploads.CheckAsync(id, files, token), cancellationToken);
        progress.Started(files.Where(file => isLarge[file.Name] && file.Size > 0).Sum(file => file.Size));
        var (lines, bytes) = (new List<JsonObject>(), 0L);
        foreach (var file in files)
        {
            if (isLarge[file.Name] && file.Size > 0) // Git LFS has no empty files
            {
                var digest = await file.DigestAsync(cancellationToken);
                bytes += await large.UploadAsync(id, file, digest, progress.Sent, cancellationToken);
                lines.Add(file.Line(digest));
            }
            else
            {
                lines.Add(await file.LineAsync(cancellationToken));
            }
        }

        return (lines, bytes);
    }
}
