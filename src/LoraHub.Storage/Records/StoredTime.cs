using Microsoft.EntityFrameworkCore.Storage.ValueConversion;

namespace LoraHub.Storage.Records;

/// <summary>Stores times in microseconds since 1970, the precision of the wire format.</summary>
sealed class StoredTime() : ValueConverter<DateTimeOffset, long>(time => Of(time), microseconds => Read(microseconds))
{
    public static long Of(DateTimeOffset time) => (time.UtcTicks - DateTimeOffset.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond;

    public static DateTimeOffset Read(long microseconds) => DateTimeOffset.UnixEpoch.AddTicks(microseconds * TimeSpan.TicksPerMicrosecond);

    /// <summary>The time now, as it will be read.</summary>
    public static DateTimeOffset Now(TimeProvider time) => Read(Of(time.GetUtcNow()));
}
