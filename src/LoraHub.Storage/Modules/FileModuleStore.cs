using LoraHub.Core.Modules;

namespace LoraHub.Storage.Modules;

/// <summary>
/// The modules in the models folder. What is there is moved by renames alone, one process at a time; whoever reads sees the version before or the one after. A
/// version that gives way is first given its place among the earlier ones, so that a process killed anywhere loses none.
/// </summary>
sealed class FileModuleStore(ModulesFolder folder, StoredFiles stored, FolderSwap swap, Leftovers leftovers) : IModuleStore
{
    /// <summary>In the folder of a module that other processes of the deployment have too.</summary>
    internal const string PublishedMark = ".published.json";

    int _begun;

    public ModuleArrival Begin()
    {
        if (Interlocked.Exchange(ref _begun, 1) == 0)
        {
            leftovers.Delete(); // the command line has no service beside it that does
        }

        return new ModuleArrival(folder.NewFolder());
    }

    public async Task<Placement> PlaceAsync(string id, ModuleArrival arrival, ModuleRecord record, CancellationToken cancellationToken)
    {
        var files = await ModuleContents.ReadNumbersAsync(arrival.Folder, cancellationToken);
        if (!files.SequenceEqual(record.Files) || !ModuleContents.IsComplete(files.Select(file => file.Name)))
        {
            throw new InvalidDataException($"The files that came for {id} are not those of its record.");
        }

        ModuleContents.Write(arrival.Folder, record);
        await PrepareAsync(arrival.Folder, files, cancellationToken);
        return await PutAsync(id, arrival.Folder, ModuleFiles.Digest(files), cancellationToken);
    }

    public async Task<bool> QuarantineAsync(ModuleReference reference, string? reason, CancellationToken cancellationToken)
    {
        using var turn = await folder.LockAsync(cancellationToken);
        swap.FinishAll();
        var current = folder.FolderOf(reference.Id);
        string[] folders = reference.Digest is null ? [current] : [current, .. folder.EarlierVersions(reference.Id)];
        var meant = folders
            .Select(one => (Folder: one, Record: ModuleContents.FindRecord(one)))
            .Where(one => one.Record is not null && reference.Means(one.Record.Digest)).ToArray();
        if (meant.DistinctBy(one => one.Record!.Digest).Count() != 1)
        {
            return false;
        }

        foreach (var (version, record) in meant.Where(one => one.Record!.Quarantine != reason))
        {
            ModuleContents.Write(version, record! with { Quarantine = reason });
        }

        return true;
    }

    public Task<bool> RemoveAsync(string id, CancellationToken cancellationToken) => RemoveAsync(id, isHeard: false, cancellationToken);

    /// <param name="isHeard">Whether the other processes know it already.</param>
    internal async Task<bool> RemoveAsync(string id, bool isHeard, CancellationToken cancellationToken)
    {
        var gone = folder.NewFolder();
        try
        {
            using (await folder.LockAsync(cancellationToken))
            {
                swap.FinishAll();
                if (!TakeAway(id, gone, isHeard))
                {
                    return false;
                }
            }

            var files = Directory.EnumerateFiles(gone, ModuleRecord.FileName, SearchOption.AllDirectories)
                .Select(path => ModuleContents.FindRecord(Path.GetDirectoryName(path)!)).OfType<ModuleRecord>()
                .SelectMany(record => record.Files).Select(file => file.Sha256).ToHashSet(StringComparer.Ordinal);
            Deletion.Delete(gone);
            stored.Forget(files);
            return true;
        }
        finally
        {
            Deletion.Delete(gone);
        }
    }

    /// <summary>Has an arrival's files stored once, and written to the disk.</summary>
    /// <param name="files">Those of the version's bytes, with the digests of what is in them.</param>
    internal async Task PrepareAsync(string arrival, IReadOnlyList<ModuleFile> files, CancellationToken cancellationToken)
    {
        await stored.ShareAsync(arrival, files, cancellationToken);
        ModuleContents.Flush(arrival);
    }

    /// <summary>Makes a prepared arrival the version that the name points to.</summary>
    internal async Task<Placement> PutAsync(string id, string arrival, string digest, CancellationToken cancellationToken)
    {
        var place = folder.FolderOf(id);
        while (true)
        {
            // Read before the others have to wait: without a record that is a long time.
            var stamp = ModuleContents.Stamp(place);
            var current = await ModuleContents.FindDigestAsync(place, cancellationToken);

            using var turn = await folder.LockAsync(cancellationToken);
            swap.FinishAll();
            if (ModuleContents.Stamp(place) == stamp)
            {
                return Put(id, arrival, digest, current);
            }
        }
    }

    /// <summary>Makes a prepared arrival an earlier version, unless the name points to it.</summary>
    internal async Task KeepAsync(string id, string arrival, string digest, CancellationToken cancellationToken)
    {
        using var turn = await folder.LockAsync(cancellationToken);
        if (ModuleContents.FindRecord(folder.FolderOf(id))?.Digest != digest)
        {
            Keep(arrival, folder.VersionOf(id, digest));
        }
    }

    Placement Put(string id, string arrival, string digest, string? current)
    {
        var place = folder.FolderOf(id);
        var earlier = folder.VersionOf(id, digest);
        var isKnown = current == digest || Directory.Exists(earlier);
        if (current == digest)
        {
            ModuleContents.Repeat(place, arrival); // what people put beside a module stays
        }
        else if (current is not null)
        {
            Keep(place, folder.VersionOf(id, current));
        }
        else if (Directory.Exists(place) && Directory.EnumerateFileSystemEntries(place).Any())
        {
            throw new ModuleRefusedException("id", $"the models folder has something else than a module as {id}; take another name, or move that away.");
        }

        CarryMark(place, arrival);
        var isNew = current is null && folder.EarlierVersions(id).Count == 0;
        swap.Replace(id, arrival);
        if (File.Exists(folder.RemovalOf(id)))
        {
            File.Delete(folder.RemovalOf(id));
        }

        Aside(earlier);
        return isKnown ? Placement.Known : isNew ? Placement.New : Placement.NewVersion;
    }

    /// <summary>What was published stays known as such, so that a removal is heard by the others; that this is no longer it, is told by its files.</summary>
    static void CarryMark(string place, string arrival)
    {
        var (from, to) = (Path.Combine(place, PublishedMark), Path.Combine(arrival, PublishedMark));
        if (File.Exists(from) && !File.Exists(to))
        {
            File.Copy(from, to);
        }
    }

    /// <summary>Gives a version its place among the earlier ones, where it stays as it is; its own place it keeps for now.</summary>
    void Keep(string version, string place)
    {
        var kept = folder.NewFolder();
        ModuleContents.Repeat(version, kept);
        SystemCalls.Flush(kept);
        Aside(place); // of a process that was killed after this; its record may be old
        Directory.CreateDirectory(Path.GetDirectoryName(place)!);
        Directory.Move(kept, place);
        SystemCalls.Flush(Path.GetDirectoryName(place)!);
    }

    /// <summary>The earlier versions go first: without them a name is still what it was, and without the name they would be nobody's.</summary>
    bool TakeAway(string id, string gone, bool isHeard)
    {
        var place = folder.FolderOf(id);
        var isThere = ModuleContents.IsMeantAsModule(place);
        if (!isThere && !Directory.Exists(folder.VersionsOf(id)))
        {
            return false;
        }

        if (isThere && !isHeard && File.Exists(Path.Combine(place, PublishedMark)))
        {
            Directory.CreateDirectory(Path.GetDirectoryName(folder.RemovalOf(id))!);
            File.WriteAllBytes(folder.RemovalOf(id), []);
        }

        Move(folder.VersionsOf(id), Path.Combine(gone, "earlier"));
        if (isThere)
        {
            Move(place, Path.Combine(gone, "current"));
        }

        return true;
    }

    static void Move(string from, string to)
    {
        if (Directory.Exists(from))
        {
            Directory.Move(from, to);
            Deletion.DeleteEmpty(Path.GetDirectoryName(from)!);
        }
    }

    /// <summary>A folder vanishes at once, however long it takes to delete.</summary>
    void Aside(string version)
    {
        if (Directory.Exists(version))
        {
            var aside = folder.NewFolder();
            Directory.Move(version, Path.Combine(aside, "version"));
            Deletion.Delete(aside);
            Deletion.DeleteEmpty(Path.GetDirectoryName(version)!);
        }
    }
}
