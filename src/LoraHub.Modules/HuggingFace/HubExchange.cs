using System.Buffers;
using Microsoft.Extensions.Options;

namespace LoraHub.Modules.HuggingFace;

/// <param name="Links">The values of the header <c>Link</c>.</param>
/// <param name="EntityTag">The header <c>ETag</c>, or null.</param>
sealed record HubResponse(ReadOnlyMemory<byte> Body, IReadOnlyList<string> Links, string? EntityTag);

/// <summary>Makes one attempt at a request and reads its whole response, within the idle timeout.</summary>
sealed class HubExchange(HubTransport transport, IOptions<HubOptions> options, TimeProvider time)
{
    const int MostBytes = 32 << 20;

    /// <param name="create">Creates the request; a body that is sent renews the idle timeout that it receives.</param>
    /// <param name="refuse">Turns an error response into an exception.</param>
    /// <exception cref="HubException">The request failed.</exception>
    public async Task<HubResponse> SendAsync(
        Func<IdleTimeout, HubCall> create, Func<HttpResponseMessage, HubException> refuse, CancellationToken cancellationToken)
    {
        using var idle = new IdleTimeout(options.Value.TryTimeout, time, cancellationToken);
        using var response = await idle.WaitAsync(token => transport.SendAsync(create(idle), token));
        if (!response.IsSuccessStatusCode)
        {
            throw refuse(response);
        }

        var body = await idle.WaitAsync(response.Content.ReadAsStreamAsync);
        return new HubResponse(
            await ReadAsync(body, response.Content.Headers.ContentLength, idle),
            response.Headers.TryGetValues("Link", out var links) ? [.. links] : [],
            response.Headers.TryGetValues("ETag", out var tags) ? tags.FirstOrDefault() : null);
    }

    static async Task<ReadOnlyMemory<byte>> ReadAsync(Stream body, long? length, IdleTimeout idle)
    {
        var content = new ArrayBufferWriter<byte>(1 << 14);
        int read;
        while ((read = await idle.WaitAsync(token => body.ReadAsync(content.GetMemory(1 << 14), token).AsTask())) > 0)
        {
            content.Advance(read);
            if (content.WrittenCount > MostBytes)
            {
                throw new HubException($"The Hub's response has more than {MostBytes} bytes.");
            }
        }

        return length is null || content.WrittenCount == length
            ? content.WrittenMemory
            : throw new TransientHubException("The Hub's response is shorter than its Content-Length.");
    }
}
