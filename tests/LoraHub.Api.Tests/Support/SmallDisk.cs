using System.Diagnostics;

namespace LoraHub.Api.Tests.Support;

/// <summary>A disk in memory that can be filled, emptied and made read-only; skips the test when this user may not mount one.</summary>
sealed class SmallDisk : IDisposable
{
    const int Block = 4096;

    SmallDisk(string path) => Path = path;

    public string Path { get; }

    string Filler => System.IO.Path.Combine(Path, "filler");

    public static SmallDisk MountOrSkip(int mebibytes)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "It needs Linux's tmpfs.");
        var folder = Directory.CreateTempSubdirectory("lorahub-disk-").FullName;
        if (Run("mount", "-t", "tmpfs", "-o", $"size={mebibytes}m", "lorahub-test", folder) is { } refusal)
        {
            Directory.Delete(folder);
            Assert.Skip($"No disk can be mounted here: {refusal}");
        }

        return new SmallDisk(folder);
    }

    /// <summary>Fills the remaining space.</summary>
    public void Fill()
    {
        using var file = new FileStream(Filler, FileMode.Append, FileAccess.Write, FileShare.Read, bufferSize: 0);
        try
        {
            var bytes = new byte[Block];
            while (true)
            {
                file.Write(bytes);
            }
        }
        catch (IOException)
        {
            // It is full.
        }
    }

    public void Empty() => File.Delete(Filler);

    public void MakeReadOnly() => Assert.Null(Run("mount", "-o", "remount,ro", Path));

    public void Dispose()
    {
        Assert.Null(Run("umount", "--lazy", Path)); // a process that another test starts has its files until it runs its program
        Directory.Delete(Path);
    }

    /// <returns>The error, or null.</returns>
    static string? Run(string program, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { UseShellExecute = false, RedirectStandardError = true })!;
            var error = process.StandardError.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0 ? null : error.Trim();
        }
        catch (System.ComponentModel.Win32Exception exception)
        {
            return exception.Message;
        }
    }
}
