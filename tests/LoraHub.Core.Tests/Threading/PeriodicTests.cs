using LoraHub.Core.Threading;

namespace LoraHub.Core.Tests.Threading;

public sealed class PeriodicTests
{
    static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(1);

    static CancellationToken Limit => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Runs_again_after_an_error_and_reports_it()
    {
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(Limit);
        var runs = 0;
        var errors = new List<Exception>();

        await Periodic.RunAsync(
            Interval, TimeProvider.System, _ => ++runs < 3 ? throw new InvalidOperationException() : stopping.CancelAsync(),
            errors.Add, firstAtOnce: true, stopping.Token);

        Assert.Equal(3, runs);
        Assert.Equal(2, errors.Count);
    }

    [Fact]
    public async Task Throws_the_first_error_without_an_error_handler() => await Assert.ThrowsAsync<InvalidOperationException>(
        () => Periodic.RunAsync(Interval, TimeProvider.System, _ => throw new InvalidOperationException(), onError: null, firstAtOnce: false, Limit));

    [Theory]
    [InlineData(true, 1)]
    [InlineData(false, 0)]
    public async Task Runs_at_once_only_when_asked_to(bool firstAtOnce, int expected)
    {
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(Limit);
        var runs = 0;
        var loop = Periodic.RunAsync(
            TimeSpan.FromDays(1),
            TimeProvider.System,
            _ =>
            {
                runs++;
                return Task.CompletedTask;
            },
            onError: null,
            firstAtOnce,
            stopping.Token);

        await stopping.CancelAsync();
        await loop;

        Assert.Equal(expected, runs);
    }

    [Fact]
    public async Task Returns_when_a_run_is_canceled()
    {
        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(Limit);
        var loop = Periodic.RunAsync(
            Interval, TimeProvider.System, token => Task.Delay(Timeout.Infinite, token), _ => Assert.Fail("Canceling is no error."),
            firstAtOnce: true, stopping.Token);

        await stopping.CancelAsync();
        await loop;
    }
}
