using System.Collections.Concurrent;

using LoraHub.Core.Threading;
using LoraHub.Inference.Kernels;

using static TorchSharp.torch;

namespace LoraHub.Inference.Tests.Kernels;

public sealed class ThreadsTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(1000)]
    public void Every_number_is_processed_once(int count)
    {
        var taken = new ConcurrentBag<int>();

        Threads.ForEach(count, taken.Add);

        Assert.Equal(Enumerable.Range(0, count), taken.Order());
    }

    [Fact]
    public async Task A_thread_that_uses_one_leaves_the_others_their_number()
    {
        var before = await OwnThread.RunAsync(get_num_threads, TestContext.Current.CancellationToken);

        var (own, product) = await OwnThread.RunAsync(
            () =>
            {
                Threads.UseOne();
                using var square = ones(300, 300);
                using var squared = square.matmul(square);
                return (get_num_threads(), squared[299, 299].item<float>());
            },
            TestContext.Current.CancellationToken);

        Assert.Equal(300, product);
        Assert.Equal(before, await OwnThread.RunAsync(get_num_threads, TestContext.Current.CancellationToken));
        Assert.Equal(OperatingSystem.IsLinux() ? 1 : before, own);
    }

    [Fact]
    public void A_slow_number_delays_only_its_own_thread()
    {
        const int Others = 20;
        using var left = new CountdownEvent(Others);
        var heldUp = true;

        Threads.ForEach(1 + Others, number =>
        {
            if (number == 0)
            {
                heldUp = !left.Wait(get_num_threads() > 1 ? TimeSpan.FromMinutes(1) : TimeSpan.Zero);
            }
            else
            {
                left.Signal();
            }
        });

        Assert.Equal(get_num_threads() == 1, heldUp);
    }

    [Fact]
    public void Matrices_are_packed_and_multiplied_concurrently()
    {
        using var scope = NewDisposeScope();
        var (x, w) = (randn(256, 256), randn(256, 256));
        var results = new Tensor[12];

        Threads.ForEach(results.Length, i =>
        {
            using var inner = NewDisposeScope();
            results[i] = LibTorch.Linear(x, LibTorch.Pack(w + i)).DetachFromDisposeScope();
        });

        foreach (var (i, result) in results.Index())
        {
            using (result)
            {
                Assert.True(result.allclose(nn.functional.linear(x, w + i), 1e-4, 1e-3), $"{i}");
            }
        }
    }

    [Fact]
    public void The_first_exception_reaches_the_caller_and_stops_the_rest()
    {
        var taken = 0;

        var thrown = Assert.Throws<InvalidDataException>(() => Threads.ForEach(1_000_000, number =>
        {
            Interlocked.Increment(ref taken);
            throw number == 0 ? new InvalidDataException("the first") : new InvalidDataException("another");
        }));

        Assert.Contains(thrown.Message, (string[])["the first", "another"]);
        Assert.InRange(taken, 1, get_num_threads());
    }
}
