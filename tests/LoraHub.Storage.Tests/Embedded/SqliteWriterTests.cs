using LoraHub.Storage.Embedded;
using LoraHub.Storage.Records;
using LoraHub.Storage.Tests.Contracts;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace LoraHub.Storage.Tests.Embedded;

/// <summary>Writes that wait for one another.</summary>
public sealed class SqliteWriterTests : IAsyncLifetime
{
    EmbeddedEngine _engine = null!;

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    SqliteWriter Writer => _engine.Services.GetRequiredService<SqliteWriter>();

    public async ValueTask InitializeAsync() => _engine = await EmbeddedEngine.StartAsync();

    public ValueTask DisposeAsync() => _engine.DisposeAsync();

    [Fact]
    public async Task Writes_that_waited_share_a_transaction_in_their_order()
    {
        var order = new List<int>();
        var first = await HoldAsync();
        var waiting = Enumerable.Range(1, 5).Select(number => Writer.WriteAsync(
            records =>
            {
                order.Add(number);
                return Task.FromResult(records.Database.CurrentTransaction!.TransactionId);
            },
            Cancellation)).ToArray();

        first.End();

        Assert.Single((await Task.WhenAll(waiting)).Distinct());
        Assert.DoesNotContain(await first.Written, await Task.WhenAll(waiting));
        Assert.Equal([1, 2, 3, 4, 5], order);
    }

    [Fact]
    public async Task A_write_that_fails_or_is_canceled_undoes_only_itself()
    {
        using var canceling = new CancellationTokenSource();
        var first = await HoldAsync();
        var before = Writer.WriteAsync(records => AddAsync(records, "before"), Cancellation);
        var failing = Writer.WriteAsync<int>(
            async records =>
            {
                await AddAsync(records, "failing");
                throw new InvalidOperationException("as planned");
            },
            durable: true,
            Cancellation);
        var twice = Writer.WriteAsync(records => AddAsync(records, "before"), Cancellation);
        var canceled = Writer.WriteAsync(records => AddAsync(records, "canceled"), canceling.Token);
        var after = Writer.WriteAsync(records => AddAsync(records, "after"), Cancellation);
        await canceling.CancelAsync();

        first.End();

        await Task.WhenAll(before, after);
        Assert.Equal("as planned", (await Assert.ThrowsAsync<InvalidOperationException>(() => failing)).Message);
        await Assert.ThrowsAsync<DbUpdateException>(() => twice);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => canceled);
        Assert.Equal(
            ["after", "before"],
            await Writer.WriteAsync(records => records.Results.Select(row => row.Digest).OrderBy(digest => digest).ToListAsync(), Cancellation));
    }

    static async Task<int> AddAsync(RecordsContext records, string digest)
    {
        records.Results.Add(new ResultRow { Digest = digest, PredictionId = "one" });
        return await records.SaveChangesAsync(Cancellation);
    }

    /// <summary>A write that lasts until the test ends it.</summary>
    async Task<(Task<Guid> Written, Action End)> HoldAsync()
    {
        var (started, end) = (new TaskCompletionSource(), new TaskCompletionSource());
        var written = Writer.WriteAsync(
            async records =>
            {
                started.SetResult();
                await end.Task;
                return records.Database.CurrentTransaction!.TransactionId;
            },
            Cancellation);
        await started.Task.WaitAsync(Wait.Limit, Cancellation);
        return (written, end.SetResult);
    }
}
