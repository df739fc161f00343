using LoraHub.Modules.Versions;

namespace LoraHub.Modules.Folders;

/// <summary>Removes single versions of modules from the data folder of a machine that shares its modules with no other.</summary>
sealed class VersionRemoval(LibraryFolder folder, StoredFiles stored, FolderSwap swap)
{
    /// <summary>
    /// Removes a version. If it is the current one, the newest of the others becomes current, atomically. Open files stay readable.
    /// </summary>
    /// <param name="digest">The version's full digest.</param>
    /// <param name="mayRemove">Decides, for a version that is there, while nobody else changes the library; false keeps the version.</param>
    /// <returns>False if the data folder has no such version, or no other one, or the version is kept.</returns>
    public async Task<bool> RemoveAsync(string id, string digest, Func<Task<bool>> mayRemove, CancellationToken cancellationToken)
    {
        var gone = folder.NewFolder();
        try
        {
            using (await folder.LockAsync(cancellationToken))
            {
                swap.FinishAll();
                var isCurrent = VersionFolder.FindDigest(folder.FolderOf(id)) == digest;
                var next = isCurrent ? NewestEarlier(id, digest) : null;
                if ((isCurrent ? next is null : !Directory.Exists(folder.VersionOf(id, digest))) || !await mayRemove())
                {
                    return false;
                }

                MoveAway(id, next?.Folder, folder.VersionOf(id, digest), Path.Combine(gone, "version"));
            }

            var files = RecordFile.Find(id, Path.Combine(gone, "version"))?.Files ?? [];
            Deletion.Delete(gone);
            stored.Forget(files.Select(file => file.Sha256));
            return true;
        }
        finally
        {
            Deletion.Delete(gone);
        }
    }

    /// <summary>The version that becomes current after the removal of the current one, or null.</summary>
    ModuleVersion? NewestEarlier(string id, string digest) => folder.EarlierVersions(id).Where(path => path != folder.VersionOf(id, digest))
        .Select(path => RecordFile.Find(id, path)).OfType<ModuleVersion>().MaxBy(version => version.PublishedAt);

    /// <param name="next">The folder of the version that becomes current, or null if the removed version is not current.</param>
    /// <param name="removed">The folder of the removed version, unless it is current.</param>
    void MoveAway(string id, string? next, string removed, string gone)
    {
        if (next is not null)
        {
            swap.Replace(id, next); // the removed version is now where the next one was
        }

        Directory.Move(next ?? removed, gone);
        Deletion.DeleteEmpty(Path.GetDirectoryName(removed)!);
    }
}
