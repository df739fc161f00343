using System.Collections.Concurrent;
using LoraHub.Web.Tests.Browsing;
using Microsoft.Playwright;

[assembly: AssemblyFixture(typeof(Chromium))]

namespace LoraHub.Web.Tests.Browsing;

/// <summary>Debian's Chromium without a window, driven by Playwright; one process for all tests, started by the first that needs it.</summary>
public sealed class Chromium : IAsyncDisposable
{
    const string Program = "/usr/bin/chromium";

    readonly Lazy<Task<(IPlaywright Playwright, IBrowser Browser)>> _started = new(StartAsync);

    /// <summary>
    /// One visitor with cookies of their own. The test fails if a script of a page failed, if something was refused by the content security policy,
    /// or if something that a page needs could not be loaded.
    /// </summary>
    /// <param name="service">The address that relative paths are below.</param>
    public async Task VisitAsync(Uri service, Func<IPage, Task> visit, BrowserNewContextOptions? options = null)
    {
        Assert.SkipUnless(File.Exists(Program), "Chromium is not installed: no page was opened.");
        var (_, browser) = await _started.Value;
        options ??= new BrowserNewContextOptions();
        options.BaseURL = service.OriginalString;
        await using var context = await browser.NewContextAsync(options);
        context.SetDefaultTimeout((float)Api.Tests.Support.Limits.Start.TotalMilliseconds);
        var complaints = new ConcurrentQueue<string>();
        context.WebError += (_, error) => complaints.Enqueue(error.Error);
        context.Console += (_, message) =>
        {
            if (IsComplaint(message))
            {
                complaints.Enqueue(message.Text);
            }
        };
        context.Response += (_, answer) =>
        {
            if (answer is { Status: >= 400, Request.ResourceType: "stylesheet" or "script" or "image" })
            {
                complaints.Enqueue($"{answer.Status} {answer.Url}");
            }
        };

        await visit(await context.NewPageAsync());

        await context.CloseAsync(); // what the browser has reported until then comes before its answer
        Assert.Empty(complaints);
    }

    public async ValueTask DisposeAsync()
    {
        if (_started.IsValueCreated)
        {
            var (playwright, browser) = await _started.Value;
            await browser.DisposeAsync();
            playwright.Dispose();
        }
    }

    /// <summary>Chromium's console also names each answer that is an error; whether that is right, is the test's business.</summary>
    static bool IsComplaint(IConsoleMessage message) =>
        message.Type == "error" && !message.Text.StartsWith("Failed to load resource", StringComparison.Ordinal);

    static async Task<(IPlaywright, IBrowser)> StartAsync()
    {
        Assertions.SetDefaultExpectTimeout((float)Api.Tests.Support.Limits.Start.TotalMilliseconds);
        var playwright = await Playwright.CreateAsync();
        return (playwright, await playwright.Chromium.LaunchAsync(new()
        {
            ExecutablePath = Program,
            Timeout = (float)Api.Tests.Support.Limits.Start.TotalMilliseconds,
            Args = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--host-resolver-rules=MAP *.test 127.0.0.1"],
        }));
    }
}
