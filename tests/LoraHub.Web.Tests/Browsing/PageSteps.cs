using Microsoft.Playwright;

namespace LoraHub.Web.Tests.Browsing;

/// <summary>What visitors do on pages.</summary>
static class PageSteps
{
    const string IsFocusVisible = """
        () => {
            const style = getComputedStyle(document.activeElement);
            return style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2;
        }
        """;

    /// <summary>Opens a page that may stay open for as long as its run takes.</summary>
    public static Task OpenAsync(this IPage page, string path) => page.GotoAsync(path, new() { WaitUntil = WaitUntilState.Commit });

    /// <summary>Waits until the page shows this status of its run.</summary>
    public static Task UntilStatusAsync(this IPage page, string status) =>
        Assertions.Expect(page.Locator("[data-live] .status").First).ToHaveTextAsync(status);

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
