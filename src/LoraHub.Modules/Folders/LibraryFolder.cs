using LoraHub.Core;
using LoraHub.Modules.Versions;
using Microsoft.Extensions.Options;

namespace LoraHub.Modules.Folders;

/// <summary>
/// The layout of the data folder's <c>models</c>: <c>OWNER/NAME</c> and, for the library alone, folders whose names begin with a dot, as no owner's does.
/// </summary>
sealed class LibraryFolder(IOptions<DataOptions> data) : IDisposable
{
    static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(5);

    /// <summary>EAGAIN of Linux, EAGAIN of macOS, ERROR_SHARING_VIOLATION.</summary>
    static readonly int[] Busy = [11, 35, unchecked((int)0x80070020)];

    /// <summary>An earlier version of a module lies in <c>.versions/OWNER/NAME/DIGEST</c>.</summary>
    internal const string EarlierFolder = ".versions";

    readonly SemaphoreSlim _turn = new(1);

    public string Root { get; } = data.Value.Models;

    /// <summary>What is on its way in, or out.</summary>
    public string Incoming => Path.Combine(Root, ".incoming");

    /// <summary>Partial downloads; the next download of the same module resumes them.</summary>
    public string Downloads => Path.Combine(Incoming, "pull");

    /// <summary>Complete folders that are about to replace a version; a process that finds one finishes the replacement.</summary>
    public string Replacing => Path.Combine(Root, ".replacing");

    /// <summary>A second name for each stored file: its SHA-256.</summary>
    public string Files => Path.Combine(Root, ".files");

    public string FolderOf(string id) => Path.Combine(Root, Checked(id));

    public string VersionsOf(string id) => Path.Combine(Root, EarlierFolder, Checked(id));

    public string VersionOf(string id, string digest) => Path.Combine(VersionsOf(id), digest);

    public string Removals => Path.Combine(Root, ".removed");

    /// <summary>Marks that a published module was removed here, until the other processes have learned it.</summary>
    public string RemovalOf(string id) => Path.Combine(Removals, Checked(id));

    /// <summary>A new, empty folder for files to come into, on the same disk. Disposing it removes what was not moved away.</summary>
    public IncomingFolder Begin() => new(NewFolder());

    /// <summary>A new, empty folder of the caller's own.</summary>
    public string NewFolder() => Directory.CreateDirectory(Path.Combine(Incoming, Path.GetRandomFileName())).FullName;

    /// <summary>The folders of a module's earlier versions.</summary>
    public IReadOnlyList<string> EarlierVersions(string id) =>
        Directory.Exists(VersionsOf(id)) ? [.. Directory.EnumerateDirectories(VersionsOf(id)).Order(StringComparer.Ordinal)] : [];

    /// <summary>Keeps every other caller and process from renaming until it is disposed. It ends with the process, however that ends.</summary>
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

                await Task.Delay(Pause, cancellationToken); // no system says when a lock is free
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

    static string Checked(string id) => ModelId.IsValid(id) ? id : throw new ArgumentException("It is no owner/name.", nameof(id));

    sealed class Turn(FileStream file, SemaphoreSlim turn) : IDisposable
    {
        public void Dispose()
        {
            file.Dispose();
            turn.Release();
        }
    }
}
