using System.Globalization;
using LoraHub.Api.Tests.Support;
using LoraHub.Core.Predictions;
using Serilog.Events;

namespace LoraHub.Api.Tests.Webhooks;

public sealed class WebhookShutdownTests
{
    [Fact]
    public async Task A_stopping_service_waits_for_deliveries_up_to_the_limit()
    {
        await using var hooks = new Hooks(("ShutdownTime", "00:00:03"));
        await using var receiver = await Receiver.StartAsync();
        receiver.Answer = (_, http) => Task.Delay(Timeout.Infinite, http.RequestAborted);
        await hooks.CreateAsync(receiver.Url, WebhookEvent.Completed);
        await hooks.RunAsync(new PredictionEvent.Started(), new PredictionEvent.Succeeded());
        await hooks.CreateAsync(receiver.Url); // the prediction never starts
        await receiver.NextAsync();

        var stopping = hooks.Deliveries.StopAsync(TestContext.Current.CancellationToken);
        using var limit = new CancellationTokenSource(Limits.Wait);
        while (hooks.Deliveries.Running > 1) // the one whose prediction has not ended is left to the next process
        {
            await Task.Delay(10, limit.Token);
        }

        await hooks.RunClockAsync(stopping);

        var warning = Assert.Single(hooks.Log.Events, entry => entry.Level >= LogEventLevel.Warning).RenderMessage(CultureInfo.InvariantCulture);
        Assert.Equal("The service is stopping with pending webhooks of 1 predictions; the next start sends them.", warning);
    }
}
