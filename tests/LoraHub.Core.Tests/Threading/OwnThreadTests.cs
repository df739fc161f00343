using LoraHub.Core.Threading;

namespace LoraHub.Core.Tests.Threading;

public sealed class OwnThreadTests
{
    [Fact]
    public async Task Work_does_not_run_on_the_thread_pool() =>
        Assert.False(await OwnThread.RunAsync(() => Thread.CurrentThread.IsThreadPoolThread, TestContext.Current.CancellationToken));

    [Fact]
    public async Task An_exception_from_the_work_reaches_the_caller() => await Assert.ThrowsAsync<InvalidOperationException>(
        () => OwnThread.RunAsync(() => throw new InvalidOperationException(), TestContext.Current.CancellationToken));
}
