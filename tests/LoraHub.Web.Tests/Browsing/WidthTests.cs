namespace LoraHub.Web.Tests.Browsing;

/// <summary>Pages are no wider than their window.</summary>
[Collection<ScriptedService>]
public sealed class WidthTests(Chromium chromium, ScriptedService service)
{
    [Fact]
    public Task A_long_word_in_a_cell_does_not_widen_the_playground() => chromium.VisitAsync(service.Address, async page =>
    {
        await page.OpenAsync("/");
        await page.Locator("textarea").First.FillAsync(new string('w', 600));

        await page.AssertIsNotWidenedAsync();
    });
}
