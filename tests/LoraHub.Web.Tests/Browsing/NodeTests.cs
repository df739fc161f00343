using LoraHub.Api.Tests.Support;
using LoraHub.Core.Predictions;
using LoraHub.Storage.Tests.Distributed;
using static Microsoft.Playwright.Assertions;

namespace LoraHub.Web.Tests.Browsing;

/// <summary>Pages of several API nodes behind one address.</summary>
public sealed class NodeTests(Chromium chromium, NatsServer nats, PostgresServer postgres)
{
    [Fact]
    public async Task A_page_whose_node_dies_goes_on_with_another()
    {
        (string Key, string Value)[] shared = [("Distributed:Nats", nats.UrlOrSkip()), ("Distributed:Prefix", "pages" + PredictionId.New()[..20])];
        (string Key, string Value)[] ofNode = [.. shared, ("Distributed:Postgres", await postgres.NewDatabaseOrSkipAsync())];
        await using var first = await TestHostProcess.StartAsync([.. ofNode, ("Role", "api")]);
        await using var second = await TestHostProcess.StartAsync([.. ofNode, ("Role", "all")]); // it also runs the prediction
        await using var balancer = new Balancer(first.Client.BaseAddress!.Port, second.Client.BaseAddress!.Port);
        var id = await ScriptedService.StartRunAsync(first.Client, ScriptedService.Hangs);
        await chromium.VisitAsync(balancer.Address, async page =>
        {
            await page.WatchAsync($"/predictions/{id}");
            await page.UntilStatusAsync("processing");
            await page.EvaluateAsync("() => document.documentElement.id = 'first'");

            await first.KillAsync();
            await Expect(page.Locator("#first")).ToHaveCountAsync(0); // another document
            await page.UntilStatusAsync("processing");

            await page.Button("Cancel").ClickAsync();
            await page.UntilStatusAsync("canceled");
        });
    }
}
