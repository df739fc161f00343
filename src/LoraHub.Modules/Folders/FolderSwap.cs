namespace LoraHub.Modules.Folders;

/// <summary>Puts a folder in the place of another. Where two cannot change places at once, a process that is killed in between leaves a state that is told and finished.</summary>
sealed class FolderSwap(LibraryFolder folder)
{
    /// <summary>For whoever has the lock. Afterwards the arrival's path holds what was there, if anything.</summary>
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

    /// <summary>Finishes what killed processes began, for whoever has the lock.</summary>
    public void FinishAll()
    {
        foreach (var pending in Directory.Exists(folder.Replacing) ? Directory.GetDirectories(folder.Replacing).SelectMany(Directory.GetDirectories).ToArray() : [])
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
