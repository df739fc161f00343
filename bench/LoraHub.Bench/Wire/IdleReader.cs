using System.Diagnostics;

namespace LoraHub.Bench.Wire;

/// <summary>A client that keeps a mostly silent stream open and records when lines arrive.</summary>
sealed class IdleReader
{
    /// <summary>The longest time without a line; a heartbeat was due in it.</summary>
    public TimeSpan LongestSilence { get; private set; }

    /// <summary>When the stream's last event arrived, by <see cref="Stopwatch.GetTimestamp"/>; 0 if it did not.</summary>
    public long EndedAt { get; private set; }

    /// <summary>Reads until the end of the stream.</summary>
    public async Task ReadAsync(HttpClient client, string url, TaskCompletionSource connected)
    {
        using var response = await client.GetAsync(url, HttpCompletionOption.ResponseHeadersRead);
        response.EnsureSuccessStatusCode();
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
        connected.SetResult();

        var last = Stopwatch.GetTimestamp();
        while (await reader.ReadLineAsync() is { } line)
        {
            var now = Stopwatch.GetTimestamp();
            var silence = Stopwatch.GetElapsedTime(last, now);
            LongestSilence = silence > LongestSilence ? silence : LongestSilence;
            last = now;
            if (line == "event: done")
            {
                EndedAt = now;
            }
        }
    }
}
