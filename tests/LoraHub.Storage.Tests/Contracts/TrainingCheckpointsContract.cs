using System.Security.Cryptography;
using LoraHub.Core.Trainings;

namespace LoraHub.Storage.Tests.Contracts;

/// <summary>The contract of every <see cref="ITrainingCheckpoints"/>.</summary>
public abstract class TrainingCheckpointsContract
{
    protected const string Id = "a-training", Other = "another-training";

    protected abstract ITrainingCheckpoints Checkpoints { get; }

    protected static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(1_000_000)]
    public async Task A_checkpoint_is_opened_as_it_was_saved(int length)
    {
        var bytes = RandomNumberGenerator.GetBytes(length);

        await SaveAsync(Id, bytes);

        Assert.Equal(bytes, await ReadAsync(Id));
        Assert.Null(await ReadAsync(Other));
    }

    [Fact]
    public async Task A_stream_that_cannot_seek_and_gives_a_few_bytes_at_a_time_is_saved_from_where_it_is()
    {
        await Checkpoints.SaveAsync(Id, new SlowStream([1, 2, 3, 4, 5]), Cancellation);

        Assert.Equal([1, 2, 3, 4, 5], await ReadAsync(Id));
    }

    [Fact]
    public async Task A_checkpoint_replaces_the_last_one()
    {
        await SaveAsync(Id, [1, 2, 3]);
        await SaveAsync(Other, [7]);

        await SaveAsync(Id, [4]);

        Assert.Equal([4], await ReadAsync(Id));
        Assert.Equal([7], await ReadAsync(Other));
        Assert.Equal([Id, Other], (await Checkpoints.ListAsync(Cancellation)).Order());
    }

    [Fact]
    public async Task An_opened_checkpoint_stays_readable_while_it_is_replaced_and_deleted()
    {
        await SaveAsync(Id, [1, 2, 3]);
        await using var opened = await Checkpoints.OpenAsync(Id, Cancellation);

        await SaveAsync(Id, [4]);
        await Checkpoints.DeleteAsync(Id, Cancellation);

        Assert.Equal([1, 2, 3], await ReadAsync(opened!));
    }

    [Fact]
    public async Task A_deleted_checkpoint_is_gone_and_deleting_is_idempotent()
    {
        await Checkpoints.DeleteAsync(Id, Cancellation);
        await SaveAsync(Id, [1]);
        await SaveAsync(Other, [2]);

        await Checkpoints.DeleteAsync(Id, Cancellation);
        await Checkpoints.DeleteAsync(Id, Cancellation);

        Assert.Null(await ReadAsync(Id));
        Assert.Equal([Other], await Checkpoints.ListAsync(Cancellation));
        await SaveAsync(Id, [3]);
        Assert.Equal([3], await ReadAsync(Id));
    }

    [Fact]
    public async Task A_broken_save_changes_nothing()
    {
        await Assert.ThrowsAnyAsync<Exception>(() => Checkpoints.SaveAsync(Id, new BrokenStream(), Cancellation));
        Assert.Null(await ReadAsync(Id));
        Assert.Empty(await Checkpoints.ListAsync(Cancellation));

        await SaveAsync(Id, [1, 2, 3]);
        await Assert.ThrowsAnyAsync<Exception>(() => Checkpoints.SaveAsync(Id, new BrokenStream(), Cancellation));

        Assert.Equal([1, 2, 3], await ReadAsync(Id));
        await AssertNothingElseIsKeptAsync();
    }

    [Fact]
    public async Task A_canceled_save_changes_nothing()
    {
        await SaveAsync(Id, [1, 2, 3]);
        using var canceled = new CancellationTokenSource();
        using var content = new CancelingStream(canceled);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Checkpoints.SaveAsync(Id, content, canceled.Token));

        Assert.Equal([1, 2, 3], await ReadAsync(Id));
        await AssertNothingElseIsKeptAsync();
    }

    [Fact]
    public async Task A_reader_gets_one_whole_checkpoint_while_others_replace_it()
    {
        await SaveAsync(Id, Whole(0));
        var writers = Enumerable.Range(1, 4).Select(writer => Task.Run(async () =>
        {
            for (var round = 0; round < 10; round++)
            {
                await TrySaveAsync(Id, Whole((byte)writer));
            }
        })).ToArray();

        while (!writers.All(writer => writer.IsCompleted))
        {
            var read = await ReadAsync(Id);
            Assert.Equal(Whole(read![0]), read);
        }

        await Task.WhenAll(writers);
        await AssertNothingElseIsKeptAsync();

        static byte[] Whole(byte value) => [.. Enumerable.Repeat(value, 600_000 + value)];
    }

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("../a-training")]
    [InlineData("/etc/passwd")]
    [InlineData("a/b")]
    [InlineData("a\\b")]
    [InlineData("a\0b")]
    [InlineData("A-TRAINING")] // some file systems take it for another's
    [InlineData("ä")]
    public async Task An_id_that_is_no_name_has_no_checkpoint(string id)
    {
        await SaveAsync(Id, [1]);

        await Assert.ThrowsAsync<ArgumentException>(() => SaveAsync(id, [2]));
        Assert.Null(await ReadAsync(id));
        await Checkpoints.DeleteAsync(id, Cancellation);

        Assert.Equal([1], await ReadAsync(Id));
        Assert.Equal([Id], await Checkpoints.ListAsync(Cancellation));
    }

    protected Task SaveAsync(string id, byte[] content) => Checkpoints.SaveAsync(id, new MemoryStream(content), Cancellation);

    /// <returns>The checkpoint's content, or null.</returns>
    protected async Task<byte[]?> ReadAsync(string id)
    {
        await using var opened = await Checkpoints.OpenAsync(id, Cancellation);
        return opened is null ? null : await ReadAsync(opened);
    }

    /// <summary>Fails if something is stored that belongs to no checkpoint.</summary>
    protected abstract Task AssertNothingElseIsKeptAsync();

    /// <summary>Saves; of concurrent saves some may be refused.</summary>
    protected virtual Task TrySaveAsync(string id, byte[] content) => SaveAsync(id, content);

    static async Task<byte[]> ReadAsync(Stream content)
    {
        using var copy = new MemoryStream();
        await content.CopyToAsync(copy, Cancellation);
        return copy.ToArray();
    }

    /// <summary>Gives two bytes at a time; cannot seek.</summary>
    sealed class SlowStream(byte[] content) : MemoryStream(content)
    {
        public override bool CanSeek => false;

        public override long Length => throw new NotSupportedException();

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(2, buffer.Length)], cancellationToken);
    }

    /// <summary>Gives a megabyte, then fails.</summary>
    sealed class BrokenStream : MemoryStream
    {
        int _left = 1_000_000;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var bytes = Math.Min(buffer.Length, _left);
            _left -= bytes;
            return bytes > 0 ? ValueTask.FromResult(bytes) : throw new IOException("The source is gone.");
        }
    }

    /// <summary>Gives a megabyte, then cancels.</summary>
    sealed class CancelingStream(CancellationTokenSource source) : MemoryStream
    {
        int _left = 1_000_000;

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var bytes = Math.Min(buffer.Length, _left);
            _left -= bytes;
            if (bytes == 0)
            {
                await source.CancelAsync();
            }

            cancellationToken.ThrowIfCancellationRequested();
            return bytes;
        }
    }
}
