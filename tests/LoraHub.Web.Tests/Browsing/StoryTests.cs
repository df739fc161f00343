using System.Text.RegularExpressions;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace LoraHub.Web.Tests.Browsing;

/// <summary>The first minutes of a newcomer, on the shipped model.</summary>
[Collection<ShippedService>]
public sealed partial class StoryTests(Chromium chromium, ShippedService service)
{
    /// <summary>Notes in every page itself when it shows a loss of a run that goes on, however short that is.</summary>
    const string NotesProgress = """
        new MutationObserver(() => { if (document.querySelector("[data-live=running] circle.point")) sessionStorage.sawProgress = "yes"; })
            .observe(document, { childList: true, subtree: true })
        """;

    [Fact]
    public Task A_newcomer_watches_the_example_tries_a_prompt_and_publishes_the_result() => chromium.VisitAsync(service.Address, async page =>
    {
        await page.AddInitScriptAsync(NotesProgress);
        await using (await service.HoldAsync()) // else the run may be over before the page is there
        {
            await page.OpenAsync("/");
            await page.Button("Run").ClickAsync();
            await page.UntilStatusAsync("starting");
            await Expect(page.GetByRole(AriaRole.Progressbar)).ToBeVisibleAsync();
        }

        await page.UntilStatusAsync("succeeded");
        Assert.Equal("yes", await page.EvaluateAsync<string?>("() => sessionStorage.sawProgress"));
        await AssertAdaptedIsBetterAsync(page);
        var run = page.Url;

        await page.GetByLabel("A prompt of your own").FillAsync("mimsy ; sun ;");
        await page.Button("Answer").ClickAsync();
        await Expect(page).Not.ToHaveURLAsync(run);
        await page.UntilStatusAsync("succeeded");
        await Expect(page.Locator("dl.prompt")).ToContainTextAsync("mimsy ; sun ;");
        await Expect(page.Locator("dl.answer dd pre").First).ToHaveTextAsync(Word());

        await page.OpenAsync(run);
        await page.GetByLabel("Publish it as a model").FillAsync("me/french");
        await page.Button("Publish").ClickAsync();
        await Expect(page).ToHaveURLAsync(ModulePage());
        await Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToContainTextAsync("me/french");
    });

    [Fact]
    public Task The_keyboard_alone_is_enough() => chromium.VisitAsync(service.Address, async page =>
    {
        await page.OpenAsync("/");
        await page.TabToAsync(page.Locator(".skip"));
        await Expect(page.Locator(".skip")).ToBeInViewportAsync();

        await page.TabToAsync(page.Button("Run"));
        await page.Keyboard.PressAsync("Enter");
        await page.UntilStatusAsync("succeeded");

        await page.TabToAsync(page.GetByLabel("A prompt of your own"));
        await page.Keyboard.PressAsync("Control+A");
        await page.Keyboard.TypeAsync("mimsy ; moon ;");
        await page.TabToAsync(page.Button("Answer"));
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.Locator("dl.prompt")).ToContainTextAsync("mimsy ; moon ;");
        await page.UntilStatusAsync("succeeded");
    });

    /// <summary>The answers are judged: more are right with modules than without, and some of those without are wrong.</summary>
    static async Task AssertAdaptedIsBetterAsync(IPage page)
    {
        var answers = page.Locator(".answers tbody");
        var (wrongWithout, rightWithout, right) = (
            await answers.Locator("td:nth-child(2) .wrong").CountAsync(),
            await answers.Locator("td:nth-child(2) .right").CountAsync(),
            await answers.Locator("td:nth-child(3) .right").CountAsync());
        Assert.True(wrongWithout > 0 && right > rightWithout, $"Right are {right} with modules, {rightWithout} without.");
    }

    [GeneratedRegex("/modules/me/french\\?", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex ModulePage();

    [GeneratedRegex("^[a-z]+$", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Word();
}
