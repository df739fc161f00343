using LoraHub.Api.Tests.Support;
using LoraHub.Core.Predictions;
using LoraHub.Storage.Tests.Distributed;

namespace LoraHub.Web.Tests.Browsing;

/// <summary>Pages of several API nodes behind one address.</summary>
public sealed class NodeTests(Chromium chromium, NatsServer nats, PostgresServer postgres)
{
    [Fact]
    public async Task A_page_whose_node_dies_goes_on_with_another()
    {
        (string Key, string Value)[] shared = [("Distributed:Nats", nats.UrlOrSkip()), ("Distributed:Prefix", "pages" + PredictionId.New()[..20])];
        (string Key, string Value)[] ofApi = [.. shared, ("Role", "api"), ("Distributed:Postgres", await postgres.NewDatabaseOrSkipAsync())];
        await using var first = await TestHostProcess.StartAsync(ofApi);
        await using var worker = await TestHostProcess.StartAsync([.. shared, ("Role", "worker")]);
        await using var second = await TestHostProcess.StartAsync(ofApi);
        await using var balancer = new Balancer(first.Client.BaseAddress!.Port, second.Client.BaseAddress!.Port);
        var id = await ScriptedService.StartRunAsync(first.Client, ScriptedService.Hangs);
        await chromium.VisitAsync(balancer.Address, async page =>
        {
            await page.OpenAsync($"/predictions/{id}");
            await page.UntilStatusAsync("processing");
            var again = page.WaitForRequestAsync(request => request.IsNavigationRequest);

            await first.KillAsync();
            await again;
            await page.UntilStatusAsync("processing");

            await page.Button("Cancel").ClickAsync();
            await page.UntilStatusAsync("canceled");
        });
    }
}
