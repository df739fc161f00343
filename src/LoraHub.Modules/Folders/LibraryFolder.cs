using LoraHub.Core;
using LoraHub.Modules.Versions;
using Microsoft.Extensions.Options;

namespace LoraHub.Modules.Folders;

/// <summary>
/// The layout of <c>models</c> in the data folder: <c>OWNER/NAME</c>, and the library's internal folders, whose names begin with a dot, as no owner's
/// does.
/// </summary>
sealed class LibraryFolder(IOptions<DataOptions> data) : IDisposable
{
    static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(5);

    /// <summary>EAGAIN of Linux, EAGAIN of macOS, ERROR_SHARING_VIOLATION.</summary>
    static readonly int[] Busy = [11, 35, unchecked((int)0x80070020)];

    /// <summary>The folder of earlier versions, <c>.versions/OWNER/NAME/DIGEST</c>.</summary>
    internal const string EarlierFolder = ".versions";

    readonly SemaphoreSlim _turn = new(1);

    public string Root { get; } = data.Value.Models;

    /// <summary>Folders that are being published or deleted.</summary>
    public string Incoming => Path.Combine(Root, ".incoming");

    /// <summary>Partial downloads; the next download of the same model resumes them.</summary>
    public string Downloads => Path.Combine(Incoming, "pull");

    /// <summary>Complete folders that are about to replace a version; a process that finds one finishes the replacement.</summary>
    public string Replacing => Path.Combine(Root, ".replacing");

    /// <summary>A hard link for each stored file, named by its SHA-256.</summary>
    public string Files => Path.Combine(Root, ".files");

    public string FolderOf(string id) => Path.Combine(Root, Checked(id));

    public string VersionsOf(string id) => Path.Combine(Root, EarlierFolder, Checked(id));

    public string VersionOf(string id, string digest) => Path.Combine(VersionsOf(id), digest);

    public string Removals => Path.Combine(Root, ".removed");

    /// <summary>Marks a module that was removed here, until the other processes are notified.</summary>
    public string RemovalOf(string id) => Path.Combine(Removals, Checked(id));

    /// <summary>Creates an empty folder on the same disk for a module's files. Disposing it deletes the folder, unless it was moved.</summary>
    public IncomingFolder Begin() => new(NewFolder());

    /// <summary>Creates an empty folder for the caller.</summary>
    public string NewFolder() => Directory.CreateDirectory(Path.Combine(Incoming, Path.GetRandomFileName())).FullName;

    /// <summary>The folders of a module's earlier versions.</summary>
    public IReadOnlyList<string> EarlierVersions(string id) =>
        Directory.Exists(VersionsOf(id)) ? [.. Directory.EnumerateDirectories(VersionsOf(id)).Order(StringComparer.Ordinal)] : [];

    /// <summary>Locks the library against changes by other callers and processes until disposed. The lock ends with the process.</summary>
    public async Task<IDisposable> LockAsync(CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            var path = Path.Combine(Directory.CreateDirectory(Root).FullName, ".lock");
            while (true)
            {
                if (TryOpen(path) is { } file)
                {
                    return new Turn(file, _turn);
                }

                await Task.Delay(Pause, cancellationToken); // file locks have no notification
            }
        }
        catch
        {
            _turn.Release();
            throw;
        }
    }

    public void Dispose() => _turn.Dispose();

    static FileStream? TryOpen(string path)
    {
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException exception) when (Busy.Contains(exception.HResult))
        {
            return null;
        }
    }

    static string Checked(string id) => ModelId.IsValid(id) ? id : throw new ArgumentException("The id is not owner/name.", nameof(id));

    sealed class Turn(FileStream file, SemaphoreSlim turn) : IDisposable
    {
        public void Dispose()
        {
            file.Dispose();
            turn.Release();
        }
    }
}
