namespace LoraHub.Modules.Folders;

/// <summary>
/// Deletes files that killed processes left in the models folder. The age of the newest file counts, because an upload may take long.
/// </summary>
sealed class Leftovers(LibraryFolder folder, TimeProvider time)
{
    static readonly TimeSpan Age = TimeSpan.FromHours(1), PulledAge = TimeSpan.FromDays(7);

    public void Delete()
    {
        foreach (var left in EntriesOf(folder.Incoming).Where(left => left.FullName != folder.Downloads))
        {
            DeleteOld(left, Age);
        }

        foreach (var left in EntriesOf(folder.Downloads))
        {
            DeleteOld(left, PulledAge); // until then the download can be resumed
        }
    }

    static DirectoryInfo[] EntriesOf(string path) => Directory.Exists(path) ? new DirectoryInfo(path).GetDirectories() : [];

    void DeleteOld(DirectoryInfo left, TimeSpan age)
    {
        var before = (time.GetUtcNow() - age).UtcDateTime;
        try
        {
            if (left.LinkTarget is not null
                || left.EnumerateFileSystemInfos("*", SearchOption.AllDirectories).Append(left).All(entry => entry.LastWriteTimeUtc < before))
            {
                Deletion.Delete(left.FullName);
            }
        }
        catch (DirectoryNotFoundException)
        {
            // Its owner deleted it.
        }
    }
}
