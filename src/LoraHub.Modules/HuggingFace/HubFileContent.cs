using System.Net;

namespace LoraHub.Modules.HuggingFace;

/// <summary>A part of a file as a request's body. Each block that the connection takes renews the idle timeout.</summary>
/// <param name="open">Opens the file; the content disposes the stream.</param>
/// <param name="sent">Called with the number of bytes of each block.</param>
sealed class HubFileContent(Func<Stream> open, long from, long count, IdleTimeout idle, Action<long> sent) : HttpContent
{
    const int BufferBytes = 1 << 17;

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        await using var file = open();
        file.Position = from;
        var buffer = new byte[BufferBytes];
        for (var left = count; left > 0;)
        {
            var read = await file.ReadAsync(buffer.AsMemory(0, (int)Math.Min(left, buffer.Length)), cancellationToken);
            if (read == 0)
            {
                throw new InvalidDataException("A file became shorter while it was uploaded.");
            }

            await stream.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
            idle.Renew();
            sent(read);
            left -= read;
        }
    }

    protected override bool TryComputeLength(out long length)
    {
        length = count;
        return true;
    }
}
