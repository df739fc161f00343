using LoraHub.Core;
using LoraHub.Core.Modules;
using Microsoft.Extensions.Options;

namespace LoraHub.Storage.Modules;

/// <summary>
/// Where what lies in the models folder: <c>OWNER/NAME</c> and, for the hub alone, folders whose names begin with a dot, as no owner's does.
/// </summary>
sealed class ModulesFolder(IOptions<DataOptions> data) : IDisposable
{
    static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(5);

    /// <summary>EAGAIN of Linux, EAGAIN of macOS, ERROR_SHARING_VIOLATION.</summary>
    static readonly int[] Busy = [11, 35, unchecked((int)0x80070020)];

    readonly SemaphoreSlim _turn = new(1);

    public string Root { get; } = data.Value.Models;

    /// <summary>What is on its way in, or out.</summary>
    public string Incoming => Path.Combine(Root, ".incoming");

    /// <summary>Files that came, and are not yet all there; whoever fetches goes on with them.</summary>
    public string Pulled => Path.Combine(Incoming, "pull");

    /// <summary>Arrivals that are complete and about to take the place of a version: whoever finds one finishes that.</summary>
    public string Replacing => Path.Combine(Root, ".replacing");

    /// <summary>One more name for each stored file: its SHA-256.</summary>
    public string Files => Path.Combine(Root, ".files");

    public string FolderOf(string id) => Path.Combine(Root, Checked(id));

    public string VersionsOf(string id) => Path.Combine(Root, ModuleFiles.EarlierVersions, Checked(id));

    public string VersionOf(string id, string digest) => Path.Combine(VersionsOf(id), digest);

    public string Removals => Path.Combine(Root, ".removed");

    /// <summary>Says that a published module was removed here, until the others know it.</summary>
    public string RemovalOf(string id) => Path.Combine(Removals, Checked(id));

    /// <summary>A new, empty folder of the caller's own.</summary>
    public string NewFolder() => Directory.CreateDirectory(Path.Combine(Incoming, Path.GetRandomFileName())).FullName;

    /// <summary>The folders of a module's earlier versions.</summary>
    public IReadOnlyList<string> EarlierVersions(string id) =>
        Directory.Exists(VersionsOf(id)) ? [.. Directory.EnumerateDirectories(VersionsOf(id)).Order(StringComparer.Ordinal)] : [];

    /// <summary>Nobody else renames until it is disposed: no other caller, and no other process. It ends with the process, however that ends.</summary>
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
