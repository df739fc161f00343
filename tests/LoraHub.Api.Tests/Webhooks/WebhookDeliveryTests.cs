using System.Globalization;
using LoraHub.Api.Tests.Support;
using LoraHub.Core.Predictions;
using Serilog.Events;

namespace LoraHub.Api.Tests.Webhooks;

/// <summary>Order, throttle, retries and the end, with a receiver on a port and a clock that the test moves.</summary>
public sealed class WebhookDeliveryTests
{
    static readonly TimeSpan Throttle = TimeSpan.FromMilliseconds(500);

    static readonly PredictionEvent Started = new PredictionEvent.Started(), Succeeded = new PredictionEvent.Succeeded();

    [Fact]
    public async Task Logs_are_throttled_and_the_latest_state_wins()
    {
        await using var hooks = new Hooks(("EventTimeout", "00:05:00"));
        await using var receiver = await Receiver.StartAsync(hooks.Clock);
        await hooks.CreateAsync(receiver.Url);
        await using var lease = await hooks.LeaseAsync();
        await lease.AppendAllAsync(Started, Log(1));
        await receiver.NextAsync();
        var first = await receiver.NextAsync();

        await lease.AppendTogetherAsync(Log(2), Log(3), Log(4));
        var second = await hooks.RunClockAsync(receiver.NextAsync());
        await lease.AppendAllAsync(Log(5));
        var third = await hooks.RunClockAsync(receiver.NextAsync());

        Assert.Equal(["1\n", "1\n2\n3\n4\n", "1\n2\n3\n4\n5\n"], new[] { first, second, third }.Select(received => received.Json.Text("logs")));
        Assert.True(second.At - first.At >= Throttle, $"{second.At - first.At}");
        Assert.True(third.At - second.At >= Throttle, $"{third.At - second.At}");
        Assert.Equal(4, receiver.Count);
    }

    [Fact]
    public async Task The_completed_event_is_sent_at_once_and_last()
    {
        await using var hooks = new Hooks();
        await using var receiver = await Receiver.StartAsync(hooks.Clock);
        await hooks.CreateAsync(receiver.Url);
        await using var lease = await hooks.LeaseAsync();
        await lease.AppendAllAsync(Started, Log(1));
        await receiver.NextAsync();
        await receiver.NextAsync();

        await lease.AppendAllAsync(Log(2), Succeeded);
        var end = await receiver.NextAsync(); // the clock does not advance
        await hooks.Deliveries.StopAsync(TestContext.Current.CancellationToken);

        Assert.Equal(("succeeded", "1\n2\n"), (end.Status, end.Json.Text("logs")));
        Assert.Equal(3, receiver.Count);
    }

    [Fact]
    public async Task Messages_are_sent_one_at_a_time_and_completed_is_the_last()
    {
        await using var hooks = new Hooks();
        await using var receiver = await Receiver.StartAsync();
        using var gate = new SemaphoreSlim(0);
        var (now, most) = (0, 0);
        receiver.Answer = async (number, http) =>
        {
            most = Math.Max(most, Interlocked.Increment(ref now));
            await gate.WaitAsync(http.RequestAborted);
            Interlocked.Decrement(ref now);
        };
        await hooks.CreateAsync(receiver.Url);
        await using (var lease = await hooks.LeaseAsync())
        {
            await lease.AppendTogetherAsync(
                Started, Log(1), new PredictionEvent.Answered(new PredictionOutput { Weights = [] }), Log(2), new PredictionEvent.Failed("no"));
        }

        var start = await receiver.NextAsync();
        gate.Release();
        var news = await receiver.NextAsync();
        gate.Release();
        var end = await receiver.NextAsync();
        gate.Release();
        await hooks.Deliveries.StopAsync(TestContext.Current.CancellationToken);

        Assert.Equal([("processing", ""), ("processing", "1\n2\n"), ("failed", "1\n2\n")],
            new[] { start, news, end }.Select(received => (received.Status, received.Json.Text("logs")!)));
        Assert.Equal(1, most);
        Assert.Equal(3, receiver.Count);
    }

    [Fact]
    public async Task The_completed_event_is_retried_until_it_is_accepted()
    {
        await using var hooks = new Hooks();
        await using var receiver = await Receiver.StartAsync(hooks.Clock);
        receiver.Answer = (number, http) =>
        {
            switch (number)
            {
                case 1:
                    http.Abort();
                    break;
                case < 5:
                    http.Response.StatusCode = number == 2 ? 404 : 500 + number;
                    break;
            }

            return Task.CompletedTask;
        };
        await hooks.CreateAsync(receiver.Url, WebhookEvent.Completed);
        await hooks.RunAsync(Started, Succeeded);

        var all = new List<Received>();
        for (var i = 0; i < 5; i++)
        {
            all.Add(await hooks.RunClockAsync(receiver.NextAsync()));
        }

        await hooks.Deliveries.StopAsync(TestContext.Current.CancellationToken);
        Assert.Equal(5, receiver.Count);
        Assert.Single(all.Select(received => received.Headers["webhook-id"]).Distinct());
        Assert.Single(all.Select(received => received.Body).Distinct());
        Assert.All(all.Zip(all.Skip(1)), pair => Assert.InRange( // each attempt has the time at which it was made
            long.Parse(pair.Second.Headers["webhook-timestamp"], CultureInfo.InvariantCulture),
            pair.First.At.ToUnixTimeSeconds(),
            pair.Second.At.ToUnixTimeSeconds()));
        Assert.DoesNotContain(hooks.Log.Events, entry => entry.Level >= LogEventLevel.Warning);
    }

    [Fact]
    public async Task Only_the_completed_event_is_retried()
    {
        await using var hooks = new Hooks();
        await using var receiver = await Receiver.StartAsync();
        receiver.Answer = (number, http) =>
        {
            http.Response.StatusCode = number < 3 ? 500 : 200;
            return Task.CompletedTask;
        };
        await hooks.CreateAsync(receiver.Url);
        await hooks.RunAsync(Started, Log(1), Succeeded);

        var all = await receiver.UntilEndAsync();

        Assert.Equal(["processing", "processing", "succeeded"], all.Select(received => received.Status));
        Assert.Equal(3, all.Select(received => received.Headers["webhook-id"]).Distinct().Count());
    }

    [Theory]
    [InlineData(301)]
    [InlineData(302)]
    [InlineData(307)]
    public async Task A_redirect_is_a_failure_and_not_followed(int status)
    {
        await using var hooks = new Hooks();
        await using var receiver = await Receiver.StartAsync();
        receiver.Answer = (number, http) =>
        {
            if (number == 1)
            {
                http.Response.StatusCode = status;
                http.Response.Headers.Location = $"{receiver.Origin}/elsewhere";
            }

            return Task.CompletedTask;
        };
        await hooks.CreateAsync(receiver.Url, WebhookEvent.Completed);
        await hooks.RunAsync(Started, Succeeded);

        var first = await receiver.NextAsync();
        var second = await hooks.RunClockAsync(receiver.NextAsync());

        Assert.Equal(["POST /hook", "POST /hook"], [first.Request, second.Request]);
    }

    [Fact]
    public async Task An_undeliverable_completed_event_is_abandoned_and_logged_without_the_URL()
    {
        await using var hooks = new Hooks(("RetryFor", "00:04:00"), ("EventTimeout", "00:05:00"));
        await using var receiver = await Receiver.StartAsync();
        receiver.Answer = (_, http) =>
        {
            http.Response.StatusCode = 503;
            return Task.CompletedTask;
        };
        var id = await hooks.CreateAsync(receiver.Url);
        await hooks.RunAsync(Started, Log(1), Succeeded);
        for (var i = 0; i < 4; i++)
        {
            await hooks.RunClockAsync(receiver.NextAsync()); // the start, the log, and the end for the first and the second time
        }

        hooks.Clock.Advance(TimeSpan.FromMinutes(4));
        await hooks.Deliveries.StopAsync(TestContext.Current.CancellationToken);

        var warning = Assert.Single(hooks.Log.Events, entry => entry.Level == LogEventLevel.Warning).RenderMessage(CultureInfo.InvariantCulture);
        Assert.Matches($"Gave up the completed webhook of prediction \"{id}\" after [0-9]+ attempts: \"503\"", warning);
        Assert.InRange(receiver.Count, 4, 20);
        Assert.DoesNotContain("do-not-log", hooks.Log.Text);
        Assert.DoesNotContain("127.0.0.1", hooks.Log.Text);
    }

    [Fact]
    public async Task A_hanging_receiver_delays_the_next_message_only_until_the_timeout()
    {
        await using var hooks = new Hooks();
        await using var receiver = await Receiver.StartAsync(hooks.Clock);
        receiver.Answer = (number, http) => number == 1 ? Task.Delay(Timeout.Infinite, http.RequestAborted) : Task.CompletedTask;
        await hooks.CreateAsync(receiver.Url, WebhookEvent.Start, WebhookEvent.Completed);
        await hooks.RunAsync(Started, Succeeded);

        var start = await receiver.NextAsync();
        hooks.Clock.Advance(TimeSpan.FromSeconds(4));
        Assert.Equal(1, receiver.Count);
        hooks.Clock.Advance(TimeSpan.FromSeconds(1));
        var end = await receiver.NextAsync(); // the clock does not advance

        Assert.Equal(("processing", "succeeded"), (start.Status, end.Status));
        Assert.Equal(TimeSpan.FromSeconds(5), end.At - start.At);
    }

    [Theory]
    [InlineData("http://10.0.0.1/?secret=do-not-log")]
    [InlineData("http://[::ffff:169.254.169.254]/?secret=do-not-log")]
    public async Task A_private_address_is_not_retried(string url)
    {
        await using var hooks = new Hooks();
        await hooks.CreateAsync(url, WebhookEvent.Completed);
        await hooks.RunAsync(Started, Succeeded);

        await hooks.Deliveries.StopAsync(TestContext.Current.CancellationToken);

        var warning = Assert.Single(hooks.Log.Events, entry => entry.Level == LogEventLevel.Warning).RenderMessage(CultureInfo.InvariantCulture);
        Assert.Contains("after 1 attempts: ", warning, StringComparison.Ordinal);
        Assert.Contains("Webhooks:AllowedNetworks", warning, StringComparison.Ordinal);
        Assert.DoesNotContain("do-not-log", hooks.Log.Text);
    }

    [Fact]
    public async Task Delivery_continues_with_the_next_worker_after_one_is_lost()
    {
        await using var hooks = new Hooks();
        await using var receiver = await Receiver.StartAsync();
        await hooks.CreateAsync(receiver.Url, WebhookEvent.Start, WebhookEvent.Completed);

        await hooks.RunAsync(Started, Log(1));
        await hooks.RunAsync(Started, Log(2), Succeeded);

        Assert.Equal(["processing", "succeeded"], (await receiver.UntilEndAsync()).Select(received => received.Status));
    }

    static PredictionEvent.Logged Log(int number) => new($"{number}\n");
}
