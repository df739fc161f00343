using Microsoft.Playwright;

namespace LoraHub.Web.Tests.Browsing;

/// <summary>What visitors do on pages.</summary>
static class PageSteps
{
    const string LastElement = "body > script[src$='lorahub.js']";

    const string IsFocusVisible = """
        () => {
            const style = getComputedStyle(document.activeElement);
            return style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2;
        }
        """;

    /// <summary>Opens a page and waits until it has loaded. A live page does when its run has ended.</summary>
    public static Task OpenAsync(this IPage page, string path) => page.GotoAsync(path);

    /// <summary>Opens a page whose run goes on, and waits until all of its parts are there, with their styles.</summary>
    public static async Task WatchAsync(this IPage page, string path)
    {
        await page.GotoAsync(path, new() { WaitUntil = WaitUntilState.Commit });
        await page.UntilWholeAsync();
        await page.WaitForFunctionAsync("() => document.styleSheets.length > 0"); // those that have loaded
    }

    /// <summary>Waits until a page is there to its end. Parts that follow a run are sent again after it.</summary>
    public static Task UntilWholeAsync(this IPage page) => Assertions.Expect(page.Locator(LastElement)).ToBeAttachedAsync();

    /// <summary>Waits until the page shows this status of its run; if that is the last one, until all parts of the page do.</summary>
    public static async Task UntilStatusAsync(this IPage page, string status)
    {
        await Assertions.Expect(page.Locator("[data-live] .status").First).ToHaveTextAsync(status);
        await page.UntilWholeAsync();
        if (status is "succeeded" or "failed" or "canceled")
        {
            await Assertions.Expect(page.Locator("[data-live=running]")).ToHaveCountAsync(0);
        }
    }

    /// <summary>Nothing on the page is wider than the window.</summary>
    public static async Task AssertIsNotWidenedAsync(this IPage page) => Assert.True(
        await page.EvaluateAsync<bool>("() => document.documentElement.scrollWidth <= innerWidth"), $"{page.Url} is too wide.");

    public static ILocator Button(this IPage page, string name) => page.GetByRole(AriaRole.Button, new() { Name = name, Exact = true });

    /// <summary>Presses Tab until the focus is there. On its way it is on something that shows it.</summary>
    public static async Task TabToAsync(this IPage page, ILocator target)
    {
        for (var stop = 0; stop < 200; stop++)
        {
            await page.Keyboard.PressAsync("Tab");
            var focused = await page.EvaluateAsync<string>("() => document.activeElement.outerHTML.slice(0, 200)");
            Assert.True(await page.EvaluateAsync<bool>(IsFocusVisible), $"The focus cannot be seen: {focused}");
            if (await target.EvaluateAsync<bool>("element => element === document.activeElement"))
            {
                return;
            }
        }

        Assert.Fail("The keyboard does not get there.");
    }
}
