using System.Net;

namespace LoraHub.Api.Commands.Modules;

/// <summary>A request body that reports how many bytes were sent.</summary>
sealed class WatchedContent : HttpContent
{
    const int BufferBytes = 80 * 1024;

    readonly HttpContent _content;
    readonly Action<long> _report;

    public WatchedContent(HttpContent content, Action<long> report)
    {
        (_content, _report) = (content, report);
        foreach (var (name, values) in content.Headers)
        {
            Headers.TryAddWithoutValidation(name, values);
        }
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        await using var content = await _content.ReadAsStreamAsync(cancellationToken); // a form's stream reads its files on demand
        var buffer = new byte[BufferBytes];
        long sent = 0;
        int read;
        while ((read = await content.ReadAsync(buffer, cancellationToken)) > 0)
        {
            await stream.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
            _report(sent += read);
        }
    }

    protected override bool TryComputeLength(out long length)
    {
        length = _content.Headers.ContentLength ?? 0;
        return _content.Headers.ContentLength is not null;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _content.Dispose();
        }

        base.Dispose(disposing);
    }
}
