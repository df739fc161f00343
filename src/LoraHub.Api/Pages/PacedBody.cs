namespace LoraHub.Api.Pages;

/// <summary>
/// The body of a live page's response. It tells when the connection has taken what was written: Blazor's renderer does not wait for that, but keeps
/// in memory what it has rendered meanwhile.
/// </summary>
/// <param name="connection">Its writes complete when there is room for more.</param>
sealed class PacedBody(Stream connection) : Stream
{
    Task _writing = Task.CompletedTask;

    /// <summary>Completes with the last write or flush; at once if none is under way.</summary>
    public Task Sent => Volatile.Read(ref _writing);

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        new(Follow(connection.WriteAsync(buffer, cancellationToken).AsTask()));

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task FlushAsync(CancellationToken cancellationToken) => Follow(connection.FlushAsync(cancellationToken));

    public override void Write(byte[] buffer, int offset, int count) => connection.Write(buffer, offset, count);

    public override void Flush() => connection.Flush();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    Task Follow(Task writing)
    {
        Volatile.Write(ref _writing, writing);
        return writing;
    }
}
