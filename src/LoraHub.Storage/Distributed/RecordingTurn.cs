using System.Diagnostics;
using Npgsql;

namespace LoraHub.Storage.Distributed;

/// <summary>
/// The right to record, which one node holds at a time: an advisory lock of a session. The session renews it; PostgreSQL ends a session that is
/// silent for
/// longer than <see cref="Silence"/>. So a frozen or lost node loses its turn, even while its connection stays open.
/// </summary>
sealed class RecordingTurn : IAsyncDisposable
{
    const long Lock = 0x4C6F7262;

    static readonly TimeSpan Silence = TimeSpan.FromSeconds(10), Renewal = TimeSpan.FromSeconds(2), AskAgain = TimeSpan.FromMilliseconds(500);

    readonly NpgsqlConnection _session;
    long _renewed;

    RecordingTurn(NpgsqlConnection session)
    {
        _session = session;
        _renewed = Stopwatch.GetTimestamp();
    }

    /// <summary>Waits until no other node holds the turn.</summary>
    public static async Task<RecordingTurn> TakeAsync(string database, CancellationToken cancellationToken)
    {
        // Not from the pool: a pooled session would keep the lock after its return.
        var session = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(database) { Pooling = false }.ConnectionString);
        try
        {
            await session.OpenAsync(cancellationToken);
            await AskAsync(session, $"SET idle_session_timeout = {Silence.TotalMilliseconds:0}", cancellationToken);
            while (await AskAsync(session, $"SELECT pg_try_advisory_lock({Lock})", cancellationToken) is not true)
            {
                await Task.Delay(AskAgain, TimeProvider.System, cancellationToken);
            }

            return new RecordingTurn(session);
        }
        catch
        {
            await session.DisposeAsync();
            throw;
        }
    }

    /// <summary>Renews the turn, unless that was done just before.</summary>
    /// <exception cref="NpgsqlException">The turn is lost.</exception>
    public async Task KeepAsync(CancellationToken cancellationToken)
    {
        if (Stopwatch.GetElapsedTime(_renewed) >= Renewal)
        {
            await AskAsync(_session, "SELECT 1", cancellationToken);
            _renewed = Stopwatch.GetTimestamp();
        }
    }

    public ValueTask DisposeAsync() => _session.DisposeAsync();

    static async Task<object?> AskAsync(NpgsqlConnection session, string text, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(text, session);
        return await command.ExecuteScalarAsync(cancellationToken);
    }
}
