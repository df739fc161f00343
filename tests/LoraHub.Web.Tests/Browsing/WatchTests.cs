using LoraHub.Api.Tests.Support;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace LoraHub.Web.Tests.Browsing;

/// <summary>Watching runs.</summary>
[Collection<ScriptedService>]
public sealed class WatchTests(Chromium chromium, ScriptedService service)
{
    HttpClient Client => service.Process.Client;

    [Fact]
    public async Task All_who_watch_a_prediction_see_its_end()
    {
        var id = await ScriptedService.StartRunAsync(Client, ScriptedService.Hangs);
        await chromium.VisitAsync(service.Address, async first =>
        {
            await first.WatchAsync($"/predictions/{id}");
            await first.UntilStatusAsync("processing");
            await chromium.VisitAsync(service.Address, async second =>
            {
                await second.WatchAsync($"/predictions/{id}");
                await second.UntilStatusAsync("processing");

                await second.Button("Cancel").ClickAsync();

                await second.UntilStatusAsync("canceled");
                await first.UntilStatusAsync("canceled");
            });
        });
    }

    [Fact]
    public async Task A_page_that_is_loaded_again_goes_on()
    {
        var id = await ScriptedService.StartRunAsync(Client, ScriptedService.Hangs);
        await chromium.VisitAsync(service.Address, async page =>
        {
            await page.WatchAsync($"/predictions/{id}");
            await page.UntilStatusAsync("processing");

            await page.ReloadAsync(new() { WaitUntil = WaitUntilState.Commit });
            await page.UntilStatusAsync("processing");

            using var canceled = await Client.PostAsync($"/v1/predictions/{id}/cancel", json: null);
            await page.UntilStatusAsync("canceled");
        });
    }

    [Fact]
    public Task Without_scripts_the_form_works_and_a_reload_shows_the_result() => chromium.VisitAsync(
        service.Address,
        async page =>
        {
            await page.OpenAsync("/");
            await page.Button("Run").ClickAsync();
            await Expect(page.Locator("[data-live]").First).ToBeAttachedAsync();

            await Client.UntilPredictionAsync(new Uri(page.Url).Segments[^1], "succeeded");
            await page.OpenAsync(page.Url);

            await page.UntilStatusAsync("succeeded");
            await Expect(page.Locator(".answers tbody tr")).Not.ToHaveCountAsync(0);
        },
        new() { JavaScriptEnabled = false });

    [Fact]
    public Task An_input_that_is_refused_stays_in_the_form() => chromium.VisitAsync(service.Address, async page =>
    {
        await page.OpenAsync("/?task=empty");
        await page.Locator("textarea[name=example_inputs]").First.FillAsync("an input without an output");
        await page.Button("Run").ClickAsync();

        await Expect(page.GetByRole(AriaRole.Alert)).ToBeVisibleAsync();
        await Expect(page.Locator("textarea[name=example_inputs]").First).ToHaveValueAsync("an input without an output");
    });
}
