using Microsoft.Extensions.Options;

namespace LoraHub.Api.Http;

/// <summary>Limits the number of open event streams (<see cref="ApiOptions.MaxStreams"/>).</summary>
sealed class OpenStreams(IOptions<ApiOptions> options)
{
    int _count;

    /// <returns>A slot that the stream disposes when it closes, or null when the limit is reached.</returns>
    public IDisposable? TryOpen()
    {
        if (Interlocked.Increment(ref _count) <= options.Value.MaxStreams)
        {
            return new Slot(this);
        }

        Interlocked.Decrement(ref _count);
        return null;
    }

    sealed class Slot(OpenStreams streams) : IDisposable
    {
        public void Dispose() => Interlocked.Decrement(ref streams._count);
    }
}
