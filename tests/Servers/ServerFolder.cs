using System.Diagnostics;
using System.Globalization;
using LoraHub.Core.Predictions;

namespace LoraHub.Servers;

/// <summary>
/// Names the folder of a test's server after the test process, so that what a killed run has left is found: the next run ends its servers and
/// deletes their folders.
/// </summary>
static class ServerFolder
{
    /// <summary>In the folder: the id of the server's process.</summary>
    public const string PidFile = "postmaster.pid"; // PostgreSQL cannot name it otherwise

    /// <returns>The path of a folder that does not exist yet.</returns>
    public static string New(string server)
    {
        var prefix = $"lorahub-{server}-";
        foreach (var folder in Directory.EnumerateDirectories(Path.GetTempPath(), $"{prefix}*"))
        {
            var id = Path.GetFileName(folder)[prefix.Length..].Split('-')[0];
            if (int.TryParse(id, CultureInfo.InvariantCulture, out var owner) && !IsRunning(owner))
            {
                Remove(folder);
            }
        }

        return Path.Combine(Path.GetTempPath(), $"{prefix}{Environment.ProcessId}-{PredictionId.New()}");
    }

    static void Remove(string folder)
    {
        try
        {
            var first = File.ReadLines(Path.Combine(folder, PidFile)).FirstOrDefault();
            if (int.TryParse(first, CultureInfo.InvariantCulture, out var server)
                && File.ReadAllText($"/proc/{server}/cmdline").Contains(folder, StringComparison.Ordinal)) // else the id is another process's now
            {
                using var process = Process.GetProcessById(server);
                process.Kill(entireProcessTree: true);
                process.WaitForExit();
            }
        }
        catch (Exception exception) when (exception is IOException or ArgumentException)
        {
            // It never started, or has ended.
        }

        try
        {
            Directory.Delete(folder, recursive: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Another run removes it at the same time.
        }
    }

    static bool IsRunning(int process) => Directory.Exists($"/proc/{process}");
}
