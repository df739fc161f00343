using LoraHub.Api.Tests.Support;
using LoraHub.Core.Predictions;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace LoraHub.Api.Tests.Worker;

public sealed class PredictionWorkerTests
{
    [Fact]
    public async Task A_worker_that_cannot_take_predictions_is_unhealthy_until_it_can()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UnixEpoch.AddYears(56));
        var failing = new TaskCompletionSource();
        await using var service = new Service
        {
            Replace = services =>
            {
                var inner = services.Last(service => service.ServiceType == typeof(IPredictionQueue)).ImplementationFactory!;
                services.AddSingleton<IPredictionQueue>(provider => new FailingOnce((IPredictionQueue)inner(provider), failing))
                    .AddSingleton<TimeProvider>(time);
            },
        };
        var client = await service.ReadyAsync();
        await failing.Task.WaitAsync(Limits.Wait, TestContext.Current.CancellationToken);
        await client.UntilHealthAsync("UNHEALTHY");
        var unhealthy = await client.GetJsonAsync("/health-check");
        var waiting = client.PostJsonAsync("/predictions", "{}");

        time.Advance(TimeSpan.FromSeconds(1));

        Assert.StartsWith("The worker cannot lease predictions", unhealthy.Text("user_healthcheck_error"));
        Assert.Equal("succeeded", (await waiting).Text("status"));
        await client.UntilHealthAsync("READY");
        var healthy = await client.GetJsonAsync("/health-check");
        Assert.False(healthy.ContainsKey("user_healthcheck_error"));
    }

    /// <summary>A queue whose first lease fails, as during an outage of its server.</summary>
    sealed class FailingOnce(IPredictionQueue inner, TaskCompletionSource failing) : IPredictionQueue
    {
        public Task<IPredictionLease> LeaseAsync(PredictionKind kind, CancellationToken cancellationToken) =>
            failing.TrySetResult() ? throw new IOException("The queue is away.") : inner.LeaseAsync(kind, cancellationToken);

        public Task<bool> CancelAsync(string id, CancellationToken cancellationToken) => inner.CancelAsync(id, cancellationToken);
    }
}
