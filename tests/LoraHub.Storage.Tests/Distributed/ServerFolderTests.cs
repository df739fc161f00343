using System.Diagnostics;
using LoraHub.Servers;

namespace LoraHub.Storage.Tests.Distributed;

/// <summary>Test runs that are killed leave nothing behind for long.</summary>
public sealed class ServerFolderTests
{
    [Fact]
    public async Task What_a_killed_run_left_is_removed_and_what_runs_stays()
    {
        using var killed = Process.Start("sleep", "60");
        using var running = Process.Start("sleep", "60");
        string[] folders = [Folder(killed), Folder(running)];
        var left = Path.Combine(folders[0], "data");
        using var server = Process.Start("sh", ["-c", "sleep 60; :", left]); // a server that names its folder
        await File.WriteAllTextAsync(Path.Combine(folders[0], ServerFolder.PidFile), $"{server.Id}\n", TestContext.Current.CancellationToken);
        killed.Kill();
        await killed.WaitForExitAsync(TestContext.Current.CancellationToken);

        var own = ServerFolder.New("sleep");

        Assert.Contains($"-{Environment.ProcessId}-", own, StringComparison.Ordinal);
        Assert.Equal([false, true], folders.Select(Directory.Exists));
        await server.WaitForExitAsync(TestContext.Current.CancellationToken); // it was ended
        running.Kill();
        Directory.Delete(folders[1]);
    }

    static string Folder(Process owner) =>
        Directory.CreateDirectory(Path.Combine(Path.GetTempPath(), $"lorahub-sleep-{owner.Id}-x")).FullName;
}
