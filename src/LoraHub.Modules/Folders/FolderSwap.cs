namespace LoraHub.Modules.Folders;

/// <summary>
/// Replaces a folder by another. Where two folders cannot be exchanged atomically, a process that is killed in between leaves a state that the next
/// one detects and completes.
/// </summary>
sealed class FolderSwap(LibraryFolder folder)
{
    /// <summary>
    /// Replaces a module's folder. The caller holds the lock. Afterwards the arrival's path has the previous folder, if there was one.
    /// </summary>
    public void Replace(string id, string arrival)
    {
        var place = folder.FolderOf(id);
        Directory.CreateDirectory(Path.GetDirectoryName(place)!);
        if (!Directory.Exists(place))
        {
            Directory.Move(arrival, place);
        }
        else if (!SystemCalls.TryExchange(arrival, place))
        {
            Directory.CreateDirectory(Path.Combine(folder.Replacing, Path.GetDirectoryName(id)!));
            Directory.Move(arrival, Path.Combine(folder.Replacing, id));
            Finish(id, aside: arrival);
        }

        SystemCalls.Flush(Path.GetDirectoryName(place)!);
    }

    /// <summary>Completes the replacements of killed processes. The caller holds the lock.</summary>
    public void FinishAll()
    {
        string[] owners = Directory.Exists(folder.Replacing) ? Directory.GetDirectories(folder.Replacing) : [];
        foreach (var pending in owners.SelectMany(Directory.GetDirectories).ToArray())
        {
            var aside = folder.NewFolder();
            Directory.Delete(aside);
            Finish($"{Path.GetFileName(Path.GetDirectoryName(pending))}/{Path.GetFileName(pending)}", aside);
            Deletion.Delete(aside);
        }
    }

    void Finish(string id, string aside)
    {
        var place = folder.FolderOf(id);
        if (Directory.Exists(place))
        {
            Directory.Move(place, aside);
        }

        Directory.CreateDirectory(Path.GetDirectoryName(place)!);
        Directory.Move(Path.Combine(folder.Replacing, id), place);
    }
}
