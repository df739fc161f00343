using LoraHub.Modules.Versions;

namespace LoraHub.Modules.Folders;

/// <summary>Removes single versions of modules from the data folder of a machine that shares its modules with no other.</summary>
sealed class VersionRemoval(LibraryFolder folder, StoredFiles stored, FolderSwap swap)
{
    /// <summary>
    /// Removes a version. If it is the current one, the newest of the others becomes current, atomically. Open files stay readable.
    /// </summary>
    /// <param name="digest">The version's full digest.</param>
    /// <returns>False if the data folder has no such version, or no other one.</returns>
    public async Task<bool> RemoveAsync(string id, string digest, CancellationToken cancellationToken)
    {
        var gone = folder.NewFolder();
        try
        {
            using (await folder.LockAsync(cancellationToken))
            {
                swap.FinishAll();
                if (!TryMoveAway(id, digest, Path.Combine(gone, "version")))
                {
                    return false;
                }
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

    bool TryMoveAway(string id, string digest, string gone)
    {
        var removed = folder.VersionOf(id, digest);
        if (VersionFolder.FindDigest(folder.FolderOf(id)) == digest)
        {
            var others = folder.EarlierVersions(id).Where(path => path != removed)
                .Select(path => RecordFile.Find(id, path)).OfType<ModuleVersion>().OrderByDescending(version => version.PublishedAt);
            if (others.FirstOrDefault() is not { } next)
            {
                return false;
            }

            removed = next.Folder;
            swap.Replace(id, removed); // the removed version is now where the next one was
        }
        else if (!Directory.Exists(removed))
        {
            return false;
        }

        Directory.Move(removed, gone);
        Deletion.DeleteEmpty(Path.GetDirectoryName(removed)!);
        return true;
    }
}
