using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using LoraHub.Api.Tests.Support;

namespace LoraHub.Api.Tests.EndToEnd;

/// <summary>Stream clients that stop reading, on real connections.</summary>
public sealed class SlowReaderTests
{
    /// <summary>More than a connection's buffers hold, so that a write to a stalled reader blocks.</summary>
    const int Megabytes = 10;

    [Fact]
    public async Task A_dead_reader_slows_neither_the_worker_nor_another_reader()
    {
        await using var host = await TestHostProcess.StartAsync(("Queue:BareCapacity", "10"), ("Limits:InputBytes", "20000000"));
        var client = await host.ReadyAsync();
        using var dead = await SendWithoutReadingAsync(host.Client.BaseAddress!, "big", new string('x', Megabytes << 20));

        var prediction = await UntilEndedAsync(client, "big");
        using var other = await client.FetchAsync(new Uri(prediction["urls"]!.Text("stream")!).PathAndQuery);
        var events = EventStream.Parse(await other.TextAsync());
        var next = await client.PostJsonAsync("/predictions", "{}");

        Assert.Equal("succeeded", prediction.Text("status"));
        Assert.Equal(["output", "done"], events.Select(item => item.Name));
        Assert.True(events[0].Data.Length > Megabytes << 20);
        Assert.Equal("succeeded", next.Text("status"));
        Assert.True(dead.Connected);
    }

    [Fact]
    public async Task An_abandoned_reader_leaves_nothing_behind()
    {
        await using var host = await TestHostProcess.StartAsync(
            ("Queue:BareCapacity", "10"), ("Api:MaxStreams", "1"), ("Limits:InputBytes", "20000000"));
        var client = await host.ReadyAsync();
        var dead = await SendWithoutReadingAsync(host.Client.BaseAddress!, "gone", new string('x', Megabytes << 20));
        var prediction = await UntilEndedAsync(client, "gone");
        var stream = new Uri(prediction["urls"]!.Text("stream")!).PathAndQuery;

        dead.Client.Close(0); // a reset, as from a machine that crashed

        using var limit = new CancellationTokenSource(Limits.Wait);
        while (true)
        {
            using var response = await client.FetchAsync(stream);
            if (response.IsSuccessStatusCode)
            {
                break; // the only stream slot is free again
            }

            await Task.Delay(20, limit.Token);
        }

        Assert.DoesNotContain("ERR", host.Log, StringComparison.Ordinal);
    }

    static async Task<TcpClient> SendWithoutReadingAsync(Uri address, string id, string text)
    {
        var connection = new TcpClient { ReceiveBufferSize = 4096 };
        await connection.ConnectAsync(address.Host, address.Port, TestContext.Current.CancellationToken);
        var body = Encoding.UTF8.GetBytes(JsonSerializer.Serialize(new { input = new { seed = 7, test_inputs = text } }));
        var head = $"PUT /predictions/{id} HTTP/1.1\r\nHost: {address.Authority}\r\nAccept: text/event-stream\r\n"
            + $"Content-Type: application/json\r\nContent-Length: {body.Length}\r\n\r\n";
        await connection.GetStream().WriteAsync(Encoding.ASCII.GetBytes(head), TestContext.Current.CancellationToken);
        await connection.GetStream().WriteAsync(body, TestContext.Current.CancellationToken);
        return connection;
    }

    static async Task<JsonObject> UntilEndedAsync(HttpClient client, string id)
    {
        using var limit = new CancellationTokenSource(Limits.Start);
        while (true)
        {
            var prediction = await client.GetJsonAsync($"/v1/predictions/{id}");
            if (prediction.ContainsKey("completed_at"))
            {
                return prediction;
            }

            await Task.Delay(200, limit.Token); // the record is as large as its input
        }
    }
}
