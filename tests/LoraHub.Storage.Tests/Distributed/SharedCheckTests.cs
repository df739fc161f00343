using LoraHub.Storage.Distributed.Modules;
using Microsoft.Extensions.Time.Testing;

namespace LoraHub.Storage.Tests.Distributed;

/// <summary>Many callers ask for a check; few are made, and none is older than its caller.</summary>
public sealed class SharedCheckTests
{
    static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    readonly FakeTimeProvider _time = new();
    int _checks;

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Callers_share_the_next_check_which_begins_an_interval_after_the_last_one()
    {
        var check = new SharedCheck(Interval, _time);
        await check.RunAsync(CountAsync, Cancellation);
        Assert.Equal(1, _checks);

        var later = Enumerable.Range(0, 10).Select(_ => check.RunAsync(CountAsync, Cancellation)).ToArray();
        Assert.DoesNotContain(later, call => call.IsCompleted);
        while (!later[0].IsCompleted)
        {
            _time.Advance(Interval / 10);
            await Task.Yield();
        }

        await Task.WhenAll(later);
        Assert.Equal(2, _checks);
    }

    [Fact]
    public async Task A_caller_gets_no_check_that_began_before_its_call()
    {
        var check = new SharedCheck(TimeSpan.Zero, _time);
        var running = new TaskCompletionSource();
        var begun = new TaskCompletionSource();
        var first = check.RunAsync(
            async () =>
            {
                begun.SetResult();
                await running.Task;
            },
            Cancellation);
        await begun.Task;

        await check.RunAsync(CountAsync, Cancellation);

        Assert.Equal(1, _checks);
        Assert.False(first.IsCompleted);
        running.SetResult();
        await first;
    }

    [Fact]
    public async Task A_failed_check_fails_for_its_callers_alone()
    {
        var check = new SharedCheck(TimeSpan.Zero, _time);

        await Assert.ThrowsAsync<InvalidOperationException>(() => check.RunAsync(() => throw new InvalidOperationException(), Cancellation));
        await check.RunAsync(CountAsync, Cancellation);

        Assert.Equal(1, _checks);
    }

    Task CountAsync()
    {
        _checks++;
        return Task.CompletedTask;
    }
}
