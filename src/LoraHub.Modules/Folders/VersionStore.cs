using LoraHub.Modules.Versions;

namespace LoraHub.Modules.Folders;

/// <summary>
/// Stores modules in the data folder: the current version in <c>models/OWNER/NAME</c>, and earlier ones in <c>models/.versions</c>. Equal weights are
/// stored once. Folders are only renamed, by one process at a time (the service or the command line), so that a reader sees the previous or the next
/// version. A version is stored as an earlier one before it is replaced, so that no version is lost if the process is killed.
/// </summary>
sealed class VersionStore(LibraryFolder folder, StoredFiles stored, FolderSwap swap, Leftovers leftovers)
{
    /// <summary>Marks the folder of a module that is shared with other processes.</summary>
    public const string PublishedMark = ".published.json";

    int _begun;

    /// <summary>Creates a folder for a module's files; the caller disposes it.</summary>
    public IncomingFolder Begin()
    {
        if (Interlocked.Exchange(ref _begun, 1) == 0)
        {
            leftovers.Delete(); // the command line may run without the service, which sweeps regularly
        }

        return folder.Begin();
    }

    /// <summary>
    /// Makes the incoming files, which are complete and checked, the current version, atomically and flushed to the disk. A version with the digest
    /// of an earlier one replaces only the record and the card. Concurrent calls take turns, and both versions are kept.
    /// </summary>
    /// <param name="version">The version, which is written as the record.</param>
    /// <exception cref="InvalidDataException">The files do not match the version.</exception>
    public async Task<Placement> PlaceAsync(ModuleVersion version, IncomingFolder incoming, CancellationToken cancellationToken)
    {
        var files = VersionFolder.ReadNumbers(incoming.Path);
        if (!files.SequenceEqual(version.Files) || !VersionFolder.IsComplete(files.Select(file => file.Name)))
        {
            throw new InvalidDataException($"The incoming files of {version.Id} do not match its record.");
        }

        RecordFile.Write(incoming.Path, version);
        Prepare(incoming.Path, files);
        return await PutAsync(version.Id, incoming.Path, ModuleFiles.Digest(files), cancellationToken);
    }

    /// <summary>Quarantines a version for a reason, or releases it (null). A version without a record is not changed.</summary>
    /// <returns>False if this machine has no such version, or it has no record.</returns>
    public async Task<bool> QuarantineAsync(ModuleReference reference, string? reason, CancellationToken cancellationToken)
    {
        using var turn = await folder.LockAsync(cancellationToken);
        swap.FinishAll();
        var current = folder.FolderOf(reference.Id);
        string[] folders = reference.Digest is null ? [current] : [current, .. folder.EarlierVersions(reference.Id)];
        var meant = folders
            .Select(path => RecordFile.Find(reference.Id, path)).OfType<ModuleVersion>()
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

    /// <summary>Removes a module with all of its versions, in every process. Open files stay readable.</summary>
    /// <returns>False if the data folder has no such module: it ships with the program, is in a configured folder, or does not exist.</returns>
    public Task<bool> RemoveAsync(string id, CancellationToken cancellationToken) => RemoveAsync(id, Always, cancellationToken);

    /// <param name="mayRemove">Decides, for a module that is there, while nobody else changes the library; false keeps the module.</param>
    /// <returns>False if the module is kept, too.</returns>
    /// <inheritdoc cref="RemoveAsync(string, CancellationToken)"/>
    public Task<bool> RemoveAsync(string id, Func<Task<bool>> mayRemove, CancellationToken cancellationToken) =>
        RemoveAsync(id, mayRemove, isAnnounced: false, cancellationToken);

    /// <summary>Removes a module after another process did.</summary>
    public Task<bool> RemoveAnnouncedAsync(string id, CancellationToken cancellationToken) =>
        RemoveAsync(id, Always, isAnnounced: true, cancellationToken);

    static Task<bool> Always() => Task.FromResult(true);

    async Task<bool> RemoveAsync(string id, Func<Task<bool>> mayRemove, bool isAnnounced, CancellationToken cancellationToken)
    {
        var gone = folder.NewFolder();
        try
        {
            using (await folder.LockAsync(cancellationToken))
            {
                swap.FinishAll();
                if (!IsThere(id) || !await mayRemove())
                {
                    return false;
                }

                MoveAway(id, gone, isAnnounced);
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

    /// <summary>Links incoming files to stored ones, and flushes them to the disk.</summary>
    /// <param name="files">The configuration and the weights, with their digests.</param>
    public void Prepare(string incoming, IReadOnlyList<ModuleFile> files)
    {
        stored.Share(incoming, files);
        VersionFolder.Flush(incoming);
    }

    /// <summary>Makes a prepared folder the current version.</summary>
    public async Task<Placement> PutAsync(string id, string incoming, string digest, CancellationToken cancellationToken)
    {
        var place = folder.FolderOf(id);
        while (true)
        {
            // Read before the lock is taken, because reading takes long without a record.
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

    /// <summary>Makes a prepared folder an earlier version, unless it is the current one.</summary>
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
            VersionFolder.Repeat(place, incoming); // files that people added to the folder are kept
        }
        else if (current is not null)
        {
            Keep(place, folder.VersionOf(id, current));
        }
        else if (Directory.Exists(place) && Directory.EnumerateFileSystemEntries(place).Any())
        {
            throw new ModuleRefusedException("id", $"the folder {id} in the models folder is not a module; use another name, or move that folder.");
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

    /// <summary>
    /// Keeps the mark of a shared module, so that the other processes are notified if it is removed. Stamps show that the files differ.
    /// </summary>
    static void CarryMark(string place, string incoming)
    {
        var (from, to) = (Path.Combine(place, PublishedMark), Path.Combine(incoming, PublishedMark));
        if (File.Exists(from) && !File.Exists(to))
        {
            File.Copy(from, to);
        }
    }

    /// <summary>Copies a version to the earlier ones; its own folder stays for now.</summary>
    void Keep(string version, string place)
    {
        var kept = folder.NewFolder();
        VersionFolder.Repeat(version, kept);
        SystemCalls.Flush(kept);
        Aside(place); // left by a process that was killed after this step; its record may be outdated
        Directory.CreateDirectory(Path.GetDirectoryName(place)!);
        Directory.Move(kept, place);
        SystemCalls.Flush(Path.GetDirectoryName(place)!);
    }

    bool IsThere(string id) => VersionFolder.IsMeantAsModule(folder.FolderOf(id)) || Directory.Exists(folder.VersionsOf(id));

    /// <summary>Moves the earlier versions first: a module without them is still valid, but they would be orphans without the module.</summary>
    void MoveAway(string id, string gone, bool isAnnounced)
    {
        var place = folder.FolderOf(id);
        var isThere = VersionFolder.IsMeantAsModule(place);
        if (isThere && !isAnnounced && File.Exists(Path.Combine(place, PublishedMark)))
        {
            Directory.CreateDirectory(Path.GetDirectoryName(folder.RemovalOf(id))!);
            File.WriteAllBytes(folder.RemovalOf(id), []);
        }

        Move(folder.VersionsOf(id), Path.Combine(gone, "earlier"));
        if (isThere)
        {
            Move(place, Path.Combine(gone, "current"));
        }
    }

    static void Move(string from, string to)
    {
        if (Directory.Exists(from))
        {
            Directory.Move(from, to);
            Deletion.DeleteEmpty(Path.GetDirectoryName(from)!);
        }
    }

    /// <summary>Moves a folder out of the way at once, then deletes it.</summary>
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
