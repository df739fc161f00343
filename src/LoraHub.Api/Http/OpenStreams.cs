using LoraHub.Api.Configuration;
using Microsoft.Extensions.Options;

namespace LoraHub.Api.Http;

/// <summary>Counts the event streams that are open, so that they cannot use up the service.</summary>
sealed class OpenStreams(IOptions<ApiOptions> options)
{
    int _count;

    /// <returns>What the stream disposes when it closes, or null when as many are open as may be.</returns>
    public IDisposable? TryOpen()
    {
        if (Interlocked.Increment(ref _count) <= options.Value.MaxStreams)
        {
            return new Place(this);
        }

        Interlocked.Decrement(ref _count);
        return null;
    }

    sealed class Place(OpenStreams streams) : IDisposable
    {
        public void Dispose() => Interlocked.Decrement(ref streams._count);
    }
}
