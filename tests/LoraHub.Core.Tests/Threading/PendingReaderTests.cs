using System.Runtime.CompilerServices;
using LoraHub.Core.Threading;

namespace LoraHub.Core.Tests.Threading;

public sealed class PendingReaderTests
{
    static CancellationToken Limit => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Reads_every_element_then_false()
    {
        var read = new List<int>();
        await using var reader = new PendingReader<int>(CountAsync(3), Limit);
        while (await reader.Next)
        {
            read.Add(reader.Take());
        }

        Assert.Equal([0, 1, 2], read);
    }

    [Fact]
    public async Task Disposing_waits_until_the_pending_move_has_ended()
    {
        var ended = false;
        var reader = new PendingReader<int>(WaitAsync(() => ended = true, Limit), Limit);
        Assert.False(reader.Next.IsCompleted);

        await reader.DisposeAsync();

        Assert.True(ended);
        Assert.True(reader.Next.IsCanceled);
    }

    static async IAsyncEnumerable<int> CountAsync(int count)
    {
        for (var i = 0; i < count; i++)
        {
            await Task.Yield();
            yield return i;
        }
    }

    static async IAsyncEnumerable<int> WaitAsync(Action end, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        try
        {
            await Task.Delay(Timeout.Infinite, cancellationToken);
            yield return 0;
        }
        finally
        {
            await Task.Delay(20, CancellationToken.None);
            end();
        }
    }
}
