using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using LoraHub.Bench.Wire;
using Microsoft.Data.Sqlite;

namespace LoraHub.Bench.Queue;

/// <summary>Times reads and creations while the database holds many finished predictions.</summary>
static class ManyRecords
{
    const int Times = 100;

    /// <returns>A Markdown table.</returns>
    public static async Task<string> RowsAsync(int count)
    {
        await using var program = await ServedProgram.StartAsync("--Queue:Capacity", "1000000");
        using var client = new HttpClient { BaseAddress = program.Address, Timeout = Timeout.InfiniteTimeSpan };
        await CreateAsync(client);
        var filling = Stopwatch.StartNew();
        Fill(Path.Combine(program.DataPath, "lorahub.db"), count);
        filling.Stop();
        var page = await MiddleAsync(client, pages: 5);
        var first = await MeasureAsync(() => client.GetStringAsync("/v1/predictions"));
        var later = await MeasureAsync(() => client.GetStringAsync(page));
        var oldest = await MeasureAsync(() => client.GetStringAsync("/v1/predictions?created_before=2026-01-01T12:00:00Z"));
        var one = await MeasureAsync(() => client.GetStringAsync("/v1/predictions/filled-00050000"));
        var create = await MeasureAsync(() => CreateAsync(client));
        var size = new FileInfo(Path.Combine(program.DataPath, "lorahub.db")).Length;
        return string.Create(CultureInfo.InvariantCulture, $"""
            | with {count} finished predictions in SQLite | median / 99 % of {Times} |
            |---|---|
            | the first page of the list, 100 predictions | {first} |
            | the sixth page | {later} |
            | the last page, by `created_before` | {oldest} |
            | one prediction by id | {one} |
            | create to the end by `Prefer: wait`, instant prediction | {create} |
            | the database file (filled in {filling.Elapsed.TotalSeconds:0} s) | {size / (1024 * 1024)} MiB |
            """);
    }

    /// <summary>Copies the existing prediction and its events with new ids and times.</summary>
    static void Fill(string file, int count)
    {
        using var connection = new SqliteConnection($"Data Source={file}");
        connection.Open();
        using var transaction = connection.BeginTransaction();
        foreach (var (table, key, time) in new[] { ("predictions", "id", "created_at"), ("events", "prediction_id", "at") })
        {
            var others = Columns(connection, table).Where(column => column != key && column != time).ToArray();
            using var copy = connection.CreateCommand();
            copy.CommandText = $"""
                WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {count})
                INSERT INTO {table} ({key}, {time}, {string.Join(", ", others)})
                SELECT printf('filled-%08d', n), 1767225600000000 + n * 1000000, {string.Join(", ", others)} FROM numbers, {table}
                WHERE {key} = (SELECT min({key}) FROM {table} WHERE {key} NOT LIKE 'filled-%')
                """;
            copy.ExecuteNonQuery();
        }

        transaction.Commit();
    }

    static List<string> Columns(SqliteConnection connection, string table)
    {
        using var command = connection.CreateCommand();
        command.CommandText = $"SELECT name FROM pragma_table_info('{table}')";
        using var reader = command.ExecuteReader();
        var columns = new List<string>();
        while (reader.Read())
        {
            columns.Add(reader.GetString(0));
        }

        return columns;
    }

    static async Task<string> MiddleAsync(HttpClient client, int pages)
    {
        var url = "/v1/predictions";
        for (var page = 0; page < pages; page++)
        {
            url = (string)JsonNode.Parse(await client.GetStringAsync(url))!["next"]!;
        }

        return url;
    }

    static async Task<string> MeasureAsync(Func<Task<string>> ask)
    {
        await ask();
        var milliseconds = new List<double>();
        for (var i = 0; i < Times; i++)
        {
            var start = Stopwatch.GetTimestamp();
            await ask();
            milliseconds.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }

        milliseconds.Sort();
        return string.Create(CultureInfo.InvariantCulture, $"{milliseconds[Times / 2]:0.0} / {milliseconds[^2]:0.0} ms");
    }

    static async Task<string> CreateAsync(HttpClient client)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/predictions")
        {
            Content = new StringContent(
                """{"version": "lorahub/lorahub", "input": {"seed": 7, "max_inference_step": 10}}""", null, "application/json"),
        };
        request.Headers.Add("Prefer", "wait");
        using var response = await client.SendAsync(request);
        response.EnsureSuccessStatusCode();
        return await response.Content.ReadAsStringAsync();
    }
}
