using LoraHub.Modules.Versions;

namespace LoraHub.Modules.Folders;

/// <summary>
/// The modules in <c>models/OWNER/NAME</c> of the data folder: the version that a name points to lies there, and the earlier ones beside it, each kept as it came.
/// Equal weights are stored once. Folders are moved by renames alone, one process at a time (the service, the command line): a reader sees the version before or the
/// one after. A version that gives way is first given its place among the earlier ones, so that a process killed anywhere loses none.
/// </summary>
sealed class VersionStore(LibraryFolder folder, StoredFiles stored, FolderSwap swap, Leftovers leftovers)
{
    /// <summary>In the folder of a module that other processes of the deployment have too.</summary>
    public const string PublishedMark = ".published.json";

    int _begun;

    /// <summary>A folder for a module's files to come into; the caller disposes it.</summary>
    public IncomingFolder Begin()
    {
        if (Interlocked.Exchange(ref _begun, 1) == 0)
        {
            leftovers.Delete(); // the command line has no service beside it that does
        }

        return folder.Begin();
    }

    /// <summary>
    /// Makes the incoming files, which are complete and checked, the version that the name points to: fsynced, and all at once or not at all. One with the digest of an
    /// earlier version replaces that one's record and card, not its bytes. Two at once take turns, and both versions stay.
    /// </summary>
    /// <param name="version">Its id, and what is written beside the files as their record.</param>
    /// <exception cref="InvalidDataException">The files are not those of the version.</exception>
    public async Task<Placement> PlaceAsync(ModuleVersion version, IncomingFolder incoming, CancellationToken cancellationToken)
    {
        var files = VersionFolder.ReadNumbers(incoming.Path);
        if (!files.SequenceEqual(version.Files) || !VersionFolder.IsComplete(files.Select(file => file.Name)))
        {
            throw new InvalidDataException($"The files that came for {version.Id} are not those of its record.");
        }

        RecordFile.Write(incoming.Path, version);
        Prepare(incoming.Path, files);
        return await PutAsync(version.Id, incoming.Path, ModuleFiles.Digest(files), cancellationToken);
    }

    /// <summary>Changes why predictions refuse a version, or that they do (null). A version without a record stays as it is.</summary>
    /// <returns>False when there is no such version here, or it has no record.</returns>
    public async Task<bool> QuarantineAsync(ModuleReference reference, string? reason, CancellationToken cancellationToken)
    {
        using var turn = await folder.LockAsync(cancellationToken);
        swap.FinishAll();
        var current = folder.FolderOf(reference.Id);
        string[] folders = reference.Digest is null ? [current] : [current, .. folder.EarlierVersions(reference.Id)];
        var meant = folders
            .Select(one => RecordFile.Find(reference.Id, one)).OfType<ModuleVersion>()
            .Where(version => reference.Matches(version.Digest!)).ToArray();
        if (meant.DistinctBy(version => version.Digest).Count() != 1)
        {
            return false;
        }

        foreach (var version in meant.Where(version => version.Quarantine != reason))
        {
            RecordFile.Write(version.Folder, version with { Quarantine = reason });
        }

        return true;
    }

    /// <summary>Removes a name and all of its versions, everywhere. Open readers of the files keep reading.</summary>
    /// <returns>False when the data folder has no such module: it ships with the program, lies in a folder of the settings, or is nowhere.</returns>
    public Task<bool> RemoveAsync(string id, CancellationToken cancellationToken) => RemoveAsync(id, isHeard: false, cancellationToken);

    /// <param name="isHeard">Whether the other processes know of the removal already.</param>
    public async Task<bool> RemoveAsync(string id, bool isHeard, CancellationToken cancellationToken)
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

            var files = Directory.EnumerateFiles(gone, RecordFile.Name, SearchOption.AllDirectories)
                .Select(path => RecordFile.Find(id, Path.GetDirectoryName(path)!)).OfType<ModuleVersion>()
                .SelectMany(version => version.Files).Select(file => file.Sha256).ToHashSet(StringComparer.Ordinal);
            Deletion.Delete(gone);
            stored.Forget(files);
            return true;
        }
        finally
        {
            Deletion.Delete(gone);
        }
    }

    /// <summary>Stores incoming files once each, and flushes them to the disk.</summary>
    /// <param name="files">Those of the version's bytes, with the digests of what is in them.</param>
    public void Prepare(string incoming, IReadOnlyList<ModuleFile> files)
    {
        stored.Share(incoming, files);
        VersionFolder.Flush(incoming);
    }

    /// <summary>Makes a prepared folder the version that the name points to.</summary>
    public async Task<Placement> PutAsync(string id, string incoming, string digest, CancellationToken cancellationToken)
    {
        var place = folder.FolderOf(id);
        while (true)
        {
            // Read before taking the lock: without a record that takes long.
            var stamp = VersionFolder.Stamp(place);
            var current = VersionFolder.FindDigest(place);

            using var turn = await folder.LockAsync(cancellationToken);
            swap.FinishAll();
            if (VersionFolder.Stamp(place) == stamp)
            {
                return Put(id, incoming, digest, current);
            }
        }
    }

    /// <summary>Makes a prepared folder an earlier version, unless the name points to it.</summary>
    public async Task KeepAsync(string id, string incoming, string digest, CancellationToken cancellationToken)
    {
        using var turn = await folder.LockAsync(cancellationToken);
        if (RecordFile.Find(id, folder.FolderOf(id))?.Digest != digest)
        {
            Keep(incoming, folder.VersionOf(id, digest));
        }
    }

    Placement Put(string id, string incoming, string digest, string? current)
    {
        var place = folder.FolderOf(id);
        var earlier = folder.VersionOf(id, digest);
        var isKnown = current == digest || Directory.Exists(earlier);
        if (current == digest)
        {
            VersionFolder.Repeat(place, incoming); // what people put beside a module stays
        }
        else if (current is not null)
        {
            Keep(place, folder.VersionOf(id, current));
        }
        else if (Directory.Exists(place) && Directory.EnumerateFileSystemEntries(place).Any())
        {
            throw new ModuleRefusedException("id", $"the models folder has something else than a module as {id}; take another name, or move that away.");
        }

        CarryMark(place, incoming);
        var isNew = current is null && folder.EarlierVersions(id).Count == 0;
        swap.Replace(id, incoming);
        if (File.Exists(folder.RemovalOf(id)))
        {
            File.Delete(folder.RemovalOf(id));
        }

        Aside(earlier);
        return isKnown ? Placement.Known : isNew ? Placement.New : Placement.NewVersion;
    }

    /// <summary>Keeps the mark of a published module, so that the other processes learn of a removal. That the files differ shows in their stamps.</summary>
    static void CarryMark(string place, string incoming)
    {
        var (from, to) = (Path.Combine(place, PublishedMark), Path.Combine(incoming, PublishedMark));
        if (File.Exists(from) && !File.Exists(to))
        {
            File.Copy(from, to);
        }
    }

    /// <summary>Gives a version its place among the earlier ones, where it stays as it is; its own place it keeps for now.</summary>
    void Keep(string version, string place)
    {
        var kept = folder.NewFolder();
        VersionFolder.Repeat(version, kept);
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
        var isThere = VersionFolder.IsMeantAsModule(place);
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
