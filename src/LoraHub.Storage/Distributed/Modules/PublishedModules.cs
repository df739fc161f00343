using System.Text.Json;
using LoraHub.Modules.Versions;
using Microsoft.Extensions.Logging;
using NATS.Client.ObjectStore.Models;

namespace LoraHub.Storage.Distributed.Modules;

/// <summary>
/// The modules on the server: a manifest a module among the values, and its files as objects named by their SHA-256, each kept once. For one caller
/// at a time.
/// </summary>
sealed partial class PublishedModules(Broker broker, TimeProvider time, ILogger<PublishedModules> logger)
{
    /// <summary>How long a file that no manifest names stays: another node may be about to publish it. The clocks must differ by less.</summary>
    static readonly TimeSpan Grace = TimeSpan.FromHours(1);

    readonly Dictionary<string, PublishedModule> _known = new(StringComparer.Ordinal);
    readonly Dictionary<string, ulong> _removed = new(StringComparer.Ordinal); // the revisions of the removals
    DateTimeOffset _created; // of the values, which are others when the server has lost its disk

    /// <summary>The revision up to which modules are known, as of the last look.</summary>
    public ulong Position { get; private set; }

    /// <summary>
    /// The revision of its removal, for each module that was removed and not published again, as of the last look. It was said: a server that has
    /// lost its disk has removed nothing.
    /// </summary>
    public IReadOnlyDictionary<string, ulong> Removed => _removed;

    /// <summary>Whether it was published as of the last look.</summary>
    public bool Knows(string id) => _known.ContainsKey(id);

    /// <summary>Every published module, by its id. Only what is new since the last call is read.</summary>
    public async Task<IReadOnlyDictionary<string, PublishedModule>> ListAsync(CancellationToken cancellationToken)
    {
        var bucket = (await broker.StreamsAsync(cancellationToken)).Values.Bucket;
        var values = await broker.JetStream.GetStreamAsync($"KV_{bucket}", cancellationToken: cancellationToken);
        var last = values.Info.State.LastSeq;
        if (values.Info.Created != _created || last < Position)
        {
            _known.Clear();
            _removed.Clear();
            (_created, Position) = (values.Info.Created, 0);
        }

        var subject = $"$KV.{bucket}.{Subjects.ModuleOf("*")}";
        while (Position < last && await values.FindNextAsync(subject, Position + 1, cancellationToken) is { } message)
        {
            Update(Subjects.IdOf(message.Subject), message.Data, message.Seq);
            Position = message.Seq;
        }

        Position = Math.Max(Position, last);
        return _known;
    }

    /// <summary>Puts a module's files and then its manifest in the place of the version that the caller knows.</summary>
    /// <param name="files">Those that the server may lack, with their paths here.</param>
    /// <returns>False when another node was faster, or the files are no longer those of the manifest; then nothing is published.</returns>
    public async Task<bool> PublishAsync(
        ModuleManifest module, IEnumerable<(ModuleFile File, string Path)> files, PublishedModule? known, CancellationToken cancellationToken)
    {
        foreach (var (file, path) in files)
        {
            if (!await PutAsync(file, path, cancellationToken))
            {
                return false;
            }
        }

        var values = (await broker.StreamsAsync(cancellationToken)).Values;
        var manifest = StoredJson.Write(module);
        var published = known is null
            ? await values.TryCreateAsync(Subjects.ModuleOf(module.Id), manifest, cancellationToken: cancellationToken)
            : await values.TryUpdateAsync(Subjects.ModuleOf(module.Id), manifest, known.Revision, cancellationToken: cancellationToken);
        return published.Success;
    }

    /// <summary>Publishes the removal of a module and deletes its files from the server; those of another module and young ones stay.</summary>
    public async Task RemoveAsync(string id, CancellationToken cancellationToken)
    {
        if ((await ListAsync(cancellationToken)).TryGetValue(id, out var known))
        {
            await DeleteFilesAsync(known.Manifest?.AllFiles ?? [], id, cancellationToken); // first: on a full server they make room for the removal
            await (await broker.StreamsAsync(cancellationToken)).Values.DeleteAsync(Subjects.ModuleOf(id), cancellationToken: cancellationToken);
        }
    }

    /// <exception cref="InvalidDataException">The server has something else in the file's place, or nothing.</exception>
    public async Task GetAsync(ModuleFile file, Stream to, CancellationToken cancellationToken)
    {
        var objects = (await broker.StreamsAsync(cancellationToken)).Modules;
        if (await objects.FindAsync(file.Sha256, cancellationToken) is not { } found || !Is(found, file))
        {
            throw new InvalidDataException($"the server does not have its {file.Name}.");
        }

        await objects.GetAsync(file.Sha256, to, leaveOpen: true, cancellationToken);
    }

    static bool Is(ObjectMetadata found, ModuleFile file) =>
        found.Size == (ulong)file.Size
        && found.Digest == $"SHA-256={Convert.ToBase64String(Convert.FromHexString(file.Sha256)).Replace('+', '-').Replace('/', '_')}";

    async Task<bool> PutAsync(ModuleFile file, string path, CancellationToken cancellationToken)
    {
        var objects = (await broker.StreamsAsync(cancellationToken)).Modules;
        if (await objects.FindAsync(file.Sha256, cancellationToken) is { } known && Is(known, file)
            && await objects.FindRecordAsync(file.Sha256, cancellationToken) is { } record
            && await objects.RefreshAsync(file.Sha256, record, cancellationToken)) // so that no removal deletes it before the manifest names it
        {
            return true;
        }

        await using var content = File.OpenRead(path);
        if (Is(await objects.PutWholeAsync(new ObjectMetadata { Name = file.Sha256 }, content, cancellationToken), file))
        {
            return true;
        }

        await objects.RemoveAsync(file.Sha256, cancellationToken); // the file was written to meanwhile
        return false;
    }

    async Task DeleteFilesAsync(IEnumerable<ModuleFile> files, string removed, CancellationToken cancellationToken)
    {
        var kept = _known.Where(module => module.Key != removed)
            .SelectMany(module => module.Value.Manifest?.AllFiles ?? []).Select(file => file.Sha256).ToHashSet(StringComparer.Ordinal);
        var objects = (await broker.StreamsAsync(cancellationToken)).Modules;
        foreach (var file in files.Select(file => file.Sha256).Distinct(StringComparer.Ordinal).Where(file => !kept.Contains(file)))
        {
            if (await objects.FindRecordAsync(file, cancellationToken) is { } record && record.Time < time.GetUtcNow() - Grace)
            {
                await objects.RemoveAsync(record, cancellationToken);
            }
        }
    }

    void Update(string id, ReadOnlyMemory<byte> manifest, ulong revision)
    {
        if (!ModelId.IsValid(id))
        {
            LogStranger(revision);
        }
        else if (manifest.IsEmpty) // deleted
        {
            _known.Remove(id);
            _removed[id] = revision;
        }
        else
        {
            _removed.Remove(id);
            _known[id] = new PublishedModule(Read(id, manifest), revision);
        }
    }

    ModuleManifest? Read(string id, ReadOnlyMemory<byte> json)
    {
        string? problem;
        try
        {
            var manifest = StoredJson.Read<ModuleManifest>(json.Span);
            problem = manifest.Problem() ?? (manifest.Id == id ? null : "it is another's.");
            if (problem is null)
            {
                return manifest;
            }
        }
        catch (JsonException)
        {
            problem = "it cannot be read.";
        }

        LogRefused(id, problem);
        return null;
    }

    [LoggerMessage(LogLevel.Warning, "Ignored the published module with revision {Revision}: its id is not owner/name.")]
    partial void LogStranger(ulong revision);

    [LoggerMessage(LogLevel.Warning, "Ignored the published module {Module}: {Problem}")]
    partial void LogRefused(string module, string problem);
}

/// <param name="Manifest">Null when it is refused.</param>
/// <param name="Revision">Of the manifest among the values.</param>
sealed record PublishedModule(ModuleManifest? Manifest, ulong Revision);
