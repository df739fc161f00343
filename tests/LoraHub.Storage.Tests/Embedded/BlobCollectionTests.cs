using System.Collections.Concurrent;
using LoraHub.Core.Predictions;
using LoraHub.Storage.Tests.Contracts;
using Microsoft.Extensions.DependencyInjection;

namespace LoraHub.Storage.Tests.Embedded;

/// <summary>Blobs are deleted only when nothing references them.</summary>
public sealed class BlobCollectionTests : IAsyncLifetime
{
    static readonly TimeSpan Grace = TimeSpan.FromHours(1), Minute = TimeSpan.FromMinutes(1);

    EmbeddedEngine _engine = null!;

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _engine = await EmbeddedEngine.StartAsync();

    public ValueTask DisposeAsync() => _engine.DisposeAsync();

    [Fact]
    public async Task An_unreferenced_blob_stays_for_the_grace_period()
    {
        var digest = await PutAsync(1);

        _engine.Time.Advance(Grace - Minute);
        Assert.Equal(0, await CollectAsync());
        Assert.True(await IsThereAsync(digest));

        await PutAsync(1); // renews its time
        _engine.Time.Advance(Grace - Minute);
        Assert.Equal(0, await CollectAsync());

        _engine.Time.Advance(2 * Minute);
        Assert.Equal(1, await CollectAsync());
        Assert.False(await IsThereAsync(digest));
    }

    [Fact]
    public async Task A_blob_of_two_predictions_stays_until_both_have_lost_it()
    {
        var digest = await PutAsync(1);
        var (first, second) = (await SucceedAsync(digest), await SucceedAsync(digest));
        _engine.Time.Advance(10 * Grace);

        Assert.Equal(0, await CollectAsync());
        await _engine.Retention.RemoveAsync(first, Cancellation);
        Assert.Equal(0, await CollectAsync());
        Assert.True(await IsThereAsync(digest));

        await _engine.Retention.RemoveAsync(second, Cancellation);
        Assert.Equal(1, await CollectAsync());
        Assert.False(await IsThereAsync(digest));
    }

    [Fact]
    public async Task A_trace_stays_and_goes_with_the_prediction_that_names_it()
    {
        var (adapter, trace) = (await PutAsync(1), await PutAsync(2));
        var id = await SucceedAsync(adapter, trace);
        _engine.Time.Advance(10 * Grace);

        Assert.Equal(0, await CollectAsync());
        Assert.True(await IsThereAsync(trace));

        await _engine.Retention.RemoveAsync(id, Cancellation);
        Assert.Equal(2, await CollectAsync());
        Assert.False(await IsThereAsync(trace));
    }

    [Fact]
    public async Task Blobs_of_a_running_prediction_stay_until_it_is_recorded()
    {
        var old = await PutAsync(2);
        _engine.Time.Advance(2 * Grace);
        await _engine.CreateAsync();
        await using var lease = await _engine.LeaseAsync();
        await lease.AppendAsync(new PredictionEvent.Started());
        var digest = await PutAsync(1);
        _engine.Time.Advance(100 * Grace);

        Assert.Equal(1, await CollectAsync());
        Assert.False(await IsThereAsync(old));
        Assert.True(await IsThereAsync(digest));

        await lease.AppendAsync(new PredictionEvent.Answered(Engine.Output(digest)));
        await lease.AppendAsync(new PredictionEvent.Succeeded());
        Assert.Equal(0, await CollectAsync());
        Assert.True(await IsThereAsync(digest));
    }

    [Fact]
    public async Task The_data_of_a_training_that_waits_stays_until_it_has_ended()
    {
        var training = _engine.NewPrediction() with { Kind = PredictionKind.Train }; // takes its time first, then puts the data, then is stored
        _engine.Time.Advance(Minute);
        var data = await PutAsync(1);
        Assert.Equal(0, await CollectAsync());
        _engine.Time.Advance(Grace / 2);
        Assert.Equal(0, await CollectAsync());
        Assert.Equal(Creation.Created, await _engine.Store.CreateAsync(training, capacity: 1, Cancellation));

        _engine.Time.Advance(1000 * Grace);
        Assert.Equal(0, await CollectAsync());
        await using var lease = await _engine.LeaseAsync(PredictionKind.Train);
        await lease.AppendAsync(new PredictionEvent.Started());
        _engine.Time.Advance(1000 * Grace);
        Assert.Equal(0, await CollectAsync());
        Assert.True(await IsThereAsync(data));

        await lease.AppendAsync(new PredictionEvent.Failed("no"));
        Assert.Equal(1, await CollectAsync());
        Assert.False(await IsThereAsync(data));
    }

    /// <summary>Eight workers repeatedly write the same files while results are removed and blobs collected. Hours pass at every step.</summary>
    [Fact]
    public async Task Referenced_blobs_survive_concurrent_puts_removals_and_collections()
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var kept = new ConcurrentDictionary<string, string>(StringComparer.Ordinal);
        var collected = 0;
        var collecting = Task.Run(
            async () =>
            {
                while (!end.IsCancellationRequested)
                {
                    _engine.Time.Advance(3 * Grace);
                    collected += await CollectAsync();
                }
            },
            Cancellation);

        await Task.WhenAll(Enumerable.Range(0, 8).Select(worker => Task.Run(() => WorkAsync(new Random(worker), kept))));
        await end.CancelAsync();
        await collecting;

        foreach (var (id, digest) in kept)
        {
            Assert.True(await IsThereAsync(digest), $"{id} has lost {digest}");
        }

        await Task.WhenAll(kept.Keys.Select(id => _engine.Retention.RemoveAsync(id, Cancellation)));
        _engine.Time.Advance(2 * Grace);
        collected += await CollectAsync();
        Assert.True(collected > 0);
        Assert.Empty(await _engine.Blobs.ListAsync(DateTimeOffset.MaxValue, Cancellation).ToListAsync(Cancellation));
    }

    /// <param name="kept">Predictions that still have their results, and the blob of each.</param>
    async Task WorkAsync(Random random, ConcurrentDictionary<string, string> kept)
    {
        for (var round = 0; round < 25; round++)
        {
            await _engine.CreateAsync();
            await using var lease = await _engine.LeaseAsync();
            await lease.AppendAsync(new PredictionEvent.Started());
            var digest = await PutAsync((byte)random.Next(3));
            Assert.True(await lease.AppendAsync([new PredictionEvent.Answered(Engine.Output(digest)), new PredictionEvent.Succeeded()],
                Cancellation));
            Assert.True(await IsThereAsync(digest), "It is gone before anybody could ask for it.");
            if (random.Next(4) == 0)
            {
                kept[lease.Created.Id] = digest;
            }
            else
            {
                await _engine.Retention.RemoveAsync(lease.Created.Id, Cancellation);
            }
        }
    }

    Task<int> CollectAsync() => _engine.Services.GetRequiredService<BlobCollection>().CollectAsync(Cancellation);

    Task<string> PutAsync(byte content) => _engine.Blobs.PutAsync(new MemoryStream([content]), Cancellation);

    async Task<bool> IsThereAsync(string digest)
    {
        await using var blob = await _engine.Blobs.OpenReadAsync(digest, Cancellation);
        return blob is not null;
    }

    async Task<string> SucceedAsync(string digest, string? trace = null)
    {
        var created = await _engine.CreateAsync();
        await using var lease = await _engine.LeaseAsync();
        await lease.AppendAsync(new PredictionEvent.Started());
        await lease.AppendAsync(new PredictionEvent.Answered(Engine.Output(digest, trace: trace)));
        Assert.True(await lease.AppendAsync(new PredictionEvent.Succeeded()));
        return created.Id;
    }
}
