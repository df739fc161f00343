using LoraHub.Core;
using Microsoft.Extensions.Options;

namespace LoraHub.Storage.Embedded;

/// <summary>Checks that the disk of the data folder has room, without writing to it.</summary>
sealed class DiskHealth(IOptions<DataOptions> data) : IEngineHealth
{
    /// <summary>What a few predictions with ordinary inputs take.</summary>
    const long LeastBytes = 1024 * 1024;

    readonly string _path = Path.GetFullPath(data.Value.Path);

    public Task<string?> CheckAsync(CancellationToken cancellationToken) => Task.FromResult(
        FreeBytes() < LeastBytes
            ? "The disk of the data folder is full, so new predictions and files are refused: free some space, or delete files or results."
            : null);

    /// <summary>The root only where a folder has no free space of its own (Windows).</summary>
    long FreeBytes() => new DriveInfo(OperatingSystem.IsWindows() ? Path.GetPathRoot(_path)! : _path).AvailableFreeSpace;
}
