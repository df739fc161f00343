using System.Diagnostics;
using System.Text.RegularExpressions;
using LoraHub.Api.Tests.Support;

namespace LoraHub.Web.Tests.Browsing;

/// <summary>The program as it is installed: published into a folder and started from another one.</summary>
public sealed partial class PublishedTests
{
    [Fact]
    public async Task A_published_folder_serves_the_pages_with_their_styles_and_scripts()
    {
        var folder = Path.Combine(Repository, "artifacts", $"published-{Environment.ProcessId}"); // on the disk of the build, so that files are links
        try
        {
            await PublishAsync(folder);
            await using var program = await TestHostProcess.StartProgramAsync(Path.Combine(folder, "lorahub.dll"), dataPath: null);
            using var page = await program.Client.FetchAsync("/", ("Accept", "text/html"));
            var files = Files().Matches(await page.TextAsync()).Select(file => file.Groups["path"].Value)
                .Append("/_framework/blazor.web.js"); // of live pages

            Assert.All(["lorahub.css", "lorahub.js", "icon.svg"], name => Assert.Contains($"/_content/LoraHub.Web/{name}", files));
            foreach (var path in files)
            {
                using var file = await program.Client.FetchAsync(path);
                Assert.True(file.IsSuccessStatusCode, $"{path}: {file.StatusCode}");
                var source = Path.Combine(Repository, "src", "LoraHub.Web", "wwwroot", Path.GetFileName(path));
                if (path.StartsWith("/_content", StringComparison.Ordinal))
                {
                    Assert.Equal(await File.ReadAllTextAsync(source, TestContext.Current.CancellationToken), await file.TextAsync());
                }
            }
        }
        finally
        {
            if (Directory.Exists(folder))
            {
                Directory.Delete(folder, recursive: true);
            }
        }
    }

    static string Repository { get; } = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", "..", "..", ".."));

    /// <summary>What is built already; most of it is linked, not copied.</summary>
    static async Task PublishAsync(string folder)
    {
        var start = new ProcessStartInfo("dotnet", [
            "publish", Path.Combine(Repository, "src", "LoraHub.Api"), "--no-build", "-o", folder, "-v", "q",
            "-c", Path.GetFileName(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory)),
            "-p:CreateHardLinksForPublishFilesIfPossible=true", "-nodeReuse:false"])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
        };
        using var publish = Process.Start(start)!;
        var output = await publish.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await publish.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(publish.ExitCode == 0, output);
    }

    [GeneratedRegex("<(link|script)[^>]+(href|src)=\"(?<path>/[^\"]+)\"", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Files();
}
