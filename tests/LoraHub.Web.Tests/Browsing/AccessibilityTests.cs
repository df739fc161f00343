using System.Collections.Concurrent;
using Deque.AxeCore.Commons;
using Microsoft.Playwright;

namespace LoraHub.Web.Tests.Browsing;

/// <summary>Every page by axe's rules for WCAG, with real results, in both color schemes, on a phone and on a desktop.</summary>
[Collection<ShippedService>]
public sealed class AccessibilityTests(Chromium chromium, ShippedService service)
{
    /// <summary>Pages that are looked at side by side: while the service makes one, the browser looks at another.</summary>
    const int Tabs = 2;

    /// <summary>
    /// All rules on the page itself; none has frames. Only violations are described: to describe what passes too takes most of the time.
    /// </summary>
    const string Run = """
        async () => (await axe.run(document, { resultTypes: ["violations"] })).violations
            .flatMap(rule => rule.nodes.map(node => `${rule.id}: ${node.html}`))
        """;

    static readonly string Axe = new BundledAxeScriptProvider().GetScript();

    static readonly (ColorScheme Scheme, int Width)[] Looks = [(ColorScheme.Light, 360), (ColorScheme.Dark, 1440)];

    [Fact]
    public async Task Every_page_is_accessible_and_no_wider_than_its_window()
    {
        var ended = await service.RunAsync(
            """{"num_random_lora_modules": 3, "max_inference_step": 10, "controls": true, "test_inputs": "a\nb", "test_outputs": "a\nc"}""",
            "succeeded");
        var failed = await service.RunAsync(
            """{"example_inputs": "a", "example_outputs": "b", "module_weights": {"lorahub/t5_mini-french": 1e30}}""", "failed");
        var trained = await service.TrainAsync(steps: 3, "succeeded");
        var paths = new ConcurrentQueue<string>(Paths(ended, failed, trained));

        await chromium.VisitAsync(service.Address, async page =>
        {
            await using (var training = await service.HoldAsync())
            {
                await page.WatchAsync($"/trainings/{training.Id}");
                await AssertIsAccessibleAsync(page);
            }

            var others = await Task.WhenAll(Enumerable.Range(1, Tabs - 1).Select(_ => page.Context.NewPageAsync()));
            await Task.WhenAll(others.Append(page).Select(async tab =>
            {
                while (paths.TryDequeue(out var path))
                {
                    await tab.OpenAsync(path);
                    await AssertIsAccessibleAsync(tab);
                }
            }));
        });
    }

    [Fact]
    public Task What_breaks_a_rule_is_found() => chromium.VisitAsync(service.Address, async page =>
    {
        await page.OpenAsync("/sign-in");
        await page.EvaluateAsync("""
            () => {
                document.querySelector("main").insertAdjacentHTML("beforeend",
                    '<img src="/_content/LoraHub.Web/icon.svg"><input id="x"><p id="faint">faint</p>');
                Object.assign(document.getElementById("faint").style, { color: "#999", background: "#aaa" });
            }
            """);

        var found = await BrokenAsync(page);

        Assert.All(["image-alt", "label", "color-contrast"], rule => Assert.Contains(found, one => one.StartsWith(rule, StringComparison.Ordinal)));
    });

    static string[] Paths(string ended, string failed, string trained) =>
    [
        "/", "/?task=empty", $"/?from={ended}", "/sign-in",
        "/predictions", $"/predictions/{ended}", $"/predictions/{failed}", $"/compare?a={ended}&b={failed}", "/predictions/none",
        "/modules", "/modules?q=nothing+has+this+name", "/modules/lorahub/t5_mini-french", "/modules/lorahub/none", "/modules/new",
        "/trainings", "/trainings/new", $"/trainings/{trained}",
    ];

    static async Task AssertIsAccessibleAsync(IPage page)
    {
        foreach (var (scheme, width) in Looks)
        {
            await page.EmulateMediaAsync(new() { ColorScheme = scheme });
            await page.SetViewportSizeAsync(width, 900);

            Assert.Equal([], (await BrokenAsync(page)).Select(one => $"{page.Url}, {scheme}: {one}"));
            await page.AssertIsNotWidenedAsync();
        }
    }

    /// <summary>Rules that the page breaks, each with the element.</summary>
    static async Task<string[]> BrokenAsync(IPage page)
    {
        await page.EvaluateAsync(Axe); // again without harm
        return await page.EvaluateAsync<string[]>(Run);
    }
}
