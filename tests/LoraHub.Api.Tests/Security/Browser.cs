using System.Diagnostics;
using LoraHub.Api.Tests.Support;

namespace LoraHub.Api.Tests.Security;

/// <summary>Chromium without a window. <c>apt-get install chromium</c> is enough for the tests that use it; without it they are skipped.</summary>
static class Browser
{
    static readonly string? Program =
        ((string[])["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"]).FirstOrDefault(File.Exists);

    public static void SkipUnlessInstalled() =>
        Assert.SkipUnless(Program is not null, "Chromium is not installed: no attack of a web page was tried.");

    /// <summary>Opens a page, lets its scripts run for some virtual seconds, and returns its document.</summary>
    /// <param name="rebound">Host names that resolve to this machine, as after DNS rebinding.</param>
    public static async Task<string> OpenAsync(string url, params string[] rebound)
    {
        var profile = Directory.CreateTempSubdirectory("lorahub-browser-");
        var rules = string.Join(", ", rebound.Select(name => $"MAP {name} 127.0.0.1"));
        var start = new ProcessStartInfo(Program!, [
            "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-dev-shm-usage", $"--user-data-dir={profile.FullName}",
            $"--host-resolver-rules={rules}", "--virtual-time-budget=5000", "--dump-dom", url])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var limit = new CancellationTokenSource(Limits.Start);
        using var process = Process.Start(start)!;
        try
        {
            var error = process.StandardError.ReadToEndAsync(limit.Token);
            var document = await process.StandardOutput.ReadToEndAsync(limit.Token);
            await process.WaitForExitAsync(limit.Token);
            await error;
            return document;
        }
        finally
        {
            process.Kill(entireProcessTree: true);
            await DeleteAsync(profile);
        }
    }

    /// <summary>Its processes may outlive it for a moment, and write.</summary>
    static async Task DeleteAsync(DirectoryInfo profile)
    {
        using var limit = new CancellationTokenSource(Limits.Wait);
        while (true)
        {
            try
            {
                profile.Delete(recursive: true);
                return;
            }
            catch (IOException) when (!limit.IsCancellationRequested)
            {
                await Task.Delay(50, CancellationToken.None);
            }
        }
    }
}
