using LoraHub.Api.Tests.Support;

namespace LoraHub.Web.Tests.Browsing;

/// <summary>Pages are no wider than their window.</summary>
public sealed class WidthTests(Chromium chromium)
{
    [Fact]
    public async Task A_long_word_in_a_cell_does_not_widen_the_playground()
    {
        await using var host = await TestHostProcess.StartAsync();
        await host.ReadyAsync();
        await chromium.VisitAsync(host.Client.BaseAddress!, async page =>
        {
            await page.OpenAsync("/");
            await page.Locator("textarea").First.FillAsync(new string('w', 600));

            Assert.True(await page.EvaluateAsync<bool>("() => document.documentElement.scrollWidth <= innerWidth"));
        });
    }
}
