using System.Net.Sockets;
using System.Text;
using LoraHub.Api.Tests.Support;

namespace LoraHub.Api.Tests.EndToEnd;

/// <summary>Requests that no HTTP library would send, byte for byte to the real server.</summary>
public sealed class RawRequestTests
{
    const string Body = "Host: localhost\r\nContent-Type: application/json\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}";

    static readonly (string Request, int Status)[] Requests =
    [
        ($"PUT /predictions/.. HTTP/1.1\r\n{Body}", 405),
        ($"PUT /predictions/%2e%2e HTTP/1.1\r\n{Body}", 405),
        ($"PUT /predictions/..%2f..%2fescape HTTP/1.1\r\n{Body}", 422),
        ($"PUT /predictions/%252e%252e HTTP/1.1\r\n{Body}", 422),
        ($"PUT /predictions/%ff HTTP/1.1\r\n{Body}", 422),
        ($"PUT /predictions/% HTTP/1.1\r\n{Body}", 422),
        ($"PUT /predictions/a%00b HTTP/1.1\r\n{Body}", 400),
        ($"PUT /predictions/{new string('a', 129)} HTTP/1.1\r\n{Body}", 422),
        ($"PUT /predictions/{new string('a', 9000)} HTTP/1.1\r\n{Body}", 414),
        ($"POST //predictions HTTP/1.1\r\n{Body}", 404),
        ($"POST /v1/%2e%2e/v1/predictions HTTP/1.1\r\n{Body}", 422),
        ("GET /v1/predictions HTTP/1.1\r\nHost: a b\r\n\r\n", 400),
        ($"GET /v1/predictions HTTP/1.1\r\nHost: localhost\r\nX-Long: {new string('y', 40_000)}\r\n\r\n", 431),
        ("POST /v1/predictions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            + "Transfer-Encoding: chunked\r\nConnection: close\r\n\r\nzz\r\n", 400),
        (Chunked("/v1/predictions", "application/json", "80000000\r\n"), 400), // larger than an integer
        (Chunked("/v1/predictions", "application/json", "ffffffffffffffffff\r\n"), 400),
        (Chunked("/v1/predictions", "application/json", "-1\r\n"), 400),
        (Chunked("/v1/predictions", "application/json", "2\r\n{}x\r\n"), 400),
        (Chunked("/predictions", "application/json", "80000000\r\n"), 400),
        (Chunked("/v1/files", "multipart/form-data; boundary=x", "80000000\r\n"), 400),
        (Chunked("/v1/files", "multipart/form-data; boundary=x", "zz\r\n"), 400),
        (Chunked("/v1/modules/a/b/quarantine", "application/json", "80000000\r\n"), 400),
        ("POST /v1/predictions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            + "Content-Length: 200000000\r\nConnection: close\r\n\r\n{}", 413),
        ("POST /v1/files HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=x\r\n"
            + "Content-Length: 200000000\r\nConnection: close\r\n\r\n--x", 413),
    ];

    [Fact]
    public async Task Every_malformed_request_is_refused_and_the_service_continues()
    {
        await using var host = await TestHostProcess.StartAsync();
        var client = await host.ReadyAsync();

        foreach (var (request, status) in Requests)
        {
            var answer = await SendAsync(host.Client.BaseAddress!, request);

            Assert.True(answer.StartsWith($"HTTP/1.1 {status} ", StringComparison.Ordinal), $"{request[..Math.Min(request.Length, 60)]}: {answer}");
        }

        Assert.Equal("succeeded", (await client.PostJsonAsync("/predictions", "{}")).Text("status"));
        Assert.DoesNotContain("ERR", host.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bodies_that_clients_break_off_leave_no_error_in_the_log()
    {
        const string Part = "--x\r\nContent-Disposition: form-data; name=\"content\"; filename=\"adapter_model.safetensors\"\r\n\r\n";
        await using var host = await TestHostProcess.StartAsync();
        var client = await host.ReadyAsync();

        foreach (var (path, type) in new[]
        {
            ("/v1/files", "multipart/form-data; boundary=x"),
            ("/v1/modules/a/b/versions", "multipart/form-data; boundary=x"),
            ("/v1/predictions", "application/json"),
        })
        {
            var head = $"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {type}\r\nContent-Length: 50000000\r\n\r\n{Part}";
            var request = Encoding.ASCII.GetBytes(head + new string('x', 3_000_000));
            await Task.WhenAll(Enumerable.Range(0, 30).Select(_ => BreakOffAsync(host.Client.BaseAddress!, request)));
        }

        Assert.Equal("succeeded", (await client.PostJsonAsync("/predictions", "{}")).Text("status"));
        Assert.Equal(0, await host.TerminateAsync());
        Assert.DoesNotContain("ERR", host.Log, StringComparison.Ordinal);
    }

    /// <summary>Sends a part of a request, then resets the connection.</summary>
    static async Task BreakOffAsync(Uri address, byte[] request)
    {
        using var limit = new CancellationTokenSource(Limits.Wait);
        using var connection = new TcpClient { LingerState = new LingerOption(enable: true, seconds: 0) };
        await connection.ConnectAsync(address.Host, address.Port, limit.Token);
        await connection.GetStream().WriteAsync(request, limit.Token);
        await Task.Delay(200, limit.Token); // until the server waits for more
    }

    static string Chunked(string path, string type, string body) =>
        $"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {type}\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n{body}";

    /// <returns>The bytes up to the end of the response's headers.</returns>
    static async Task<string> SendAsync(Uri address, string request)
    {
        using var limit = new CancellationTokenSource(Limits.Wait);
        using var connection = new TcpClient();
        await connection.ConnectAsync(address.Host, address.Port, limit.Token);
        var stream = connection.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(request), limit.Token);
        var answer = new StringBuilder();
        var buffer = new byte[4096];
        int read;
        while (!answer.ToString().Contains("\r\n\r\n", StringComparison.Ordinal) && (read = await stream.ReadAsync(buffer, limit.Token)) > 0)
        {
            answer.Append(Encoding.ASCII.GetString(buffer, 0, read));
        }

        return answer.ToString();
    }
}
