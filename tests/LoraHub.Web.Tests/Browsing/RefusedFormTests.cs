using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace LoraHub.Web.Tests.Browsing;

/// <summary>Where a visitor is after a form was refused.</summary>
[Collection<ScriptedService>]
public sealed class RefusedFormTests(Chromium chromium, ScriptedService service)
{
    [Fact]
    public Task The_focus_is_on_the_reasons_and_a_reload_of_the_address_shows_the_form() => chromium.VisitAsync(service.Address, async page =>
    {
        await page.OpenAsync("/?task=empty");
        await page.Button("Run").ClickAsync();

        await Expect(page.Locator("[data-errors]")).ToBeFocusedAsync();
        Assert.EndsWith("/pages/predictions", page.Url, StringComparison.Ordinal);
        await page.OpenAsync(page.Url); // the form's own address
        await Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToContainTextAsync("Teach a small model");
    });

    [Fact]
    public Task The_button_that_runs_is_in_view_on_a_phone() => chromium.VisitAsync(
        service.Address,
        async page =>
        {
            await page.OpenAsync("/");
            await Expect(page.Button("Run")).ToBeInViewportAsync();
        },
        new() { ViewportSize = new() { Width = 360, Height = 640 } });
}
