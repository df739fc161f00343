using System.Globalization;
using LoraHub.Core.Predictions;
using Serilog.Events;

namespace LoraHub.Api.Tests.Webhooks;

public sealed class WebhookShutdownTests
{
    [Fact]
    public async Task A_service_that_stops_waits_for_no_events_and_for_deliveries_only_so_long()
    {
        await using var hooks = new Hooks(("ShutdownTime", "00:00:03"));
        await using var receiver = await Receiver.StartAsync();
        receiver.Answer = (_, http) => Task.Delay(Timeout.Infinite, http.RequestAborted);
        await hooks.CreateAsync(receiver.Url, WebhookEvent.Completed);
        await hooks.RunAsync(new PredictionEvent.Started(), new PredictionEvent.Succeeded());
        await hooks.CreateAsync(receiver.Url); // it never starts
        await receiver.NextAsync();

        await hooks.RunClockAsync(hooks.Deliveries.StopAsync(TestContext.Current.CancellationToken));

        var warning = Assert.Single(hooks.Log.Events, entry => entry.Level >= LogEventLevel.Warning).RenderMessage(CultureInfo.InvariantCulture);
        Assert.Equal("The webhooks of 1 predictions are left to the next start: the service is stopping.", warning);
    }
}
