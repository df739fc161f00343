using LoraHub.Core;
using LoraHub.Core.Deployments;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace LoraHub.Storage.Records.Deployments;

/// <summary>Reads what deployments keep loaded from their table.</summary>
sealed class RecordPins(RecordReads reads, IOptions<QueueOptions> queue) : IPinnedVersions
{
    public async Task<IReadOnlySet<PinnedVersion>> ReadAsync(CancellationToken cancellationToken) =>
        (await AllAsync(cancellationToken)).Of(queue.Value.Hardware);

    /// <summary>What deployments keep loaded on all hardware, in a fixed order.</summary>
    public Task<IReadOnlyList<Pin>> AllAsync(CancellationToken cancellationToken) => reads.ReadAsync<IReadOnlyList<Pin>>(
        async records => await records.Deployments.Where(row => row.MinInstances > 0)
            .OrderBy(row => row.Id).Select(row => new Pin(row.Model, row.Version, row.Hardware)).ToListAsync(cancellationToken),
        cancellationToken);
}

/// <summary>A version that a deployment keeps loaded. The distributed engine sends these as JSON: the names must not change.</summary>
sealed record Pin(string Model, string Version, string Hardware);

static class Pins
{
    public static IReadOnlySet<PinnedVersion> Of(this IEnumerable<Pin> pins, string hardware) =>
        pins.Where(pin => pin.Hardware == hardware).Select(pin => new PinnedVersion(pin.Model, pin.Version)).ToHashSet();
}
