using System.Net;
using System.Net.Sockets;
using System.Text;
using LoraHub.Api.Tests.Support;
using LoraHub.Core.Predictions;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace LoraHub.Api.Tests.Security;

/// <summary>No log level writes data that clients send or receive.</summary>
public sealed class LogTests
{
    const string Canary = "CANARY";

    static readonly (string Key, string Value)[] Loudest =
    [
        ("Serilog:MinimumLevel:Default", "Verbose"),
        ("Serilog:MinimumLevel:Override:Microsoft", "Verbose"),
        ("Serilog:MinimumLevel:Override:Microsoft.AspNetCore", "Verbose"),
        ("Serilog:MinimumLevel:Override:System", "Verbose"),
        ("Logging:LogLevel:Default", "Trace"),
    ];

    /// <summary>Requests that succeed, fail or have no route, with canaries in method, path, headers and body.</summary>
    static readonly (string Method, string Path, string? Body, (string Name, string Value)[] Headers)[] Requests =
    [
        ("POST", "/predictions",
            $$"""
            {"input": {"example_inputs": "{{Canary}}-in", "example_outputs": "{{Canary}}-out", "test_inputs": "{{Canary}}-test", "seed": 3},
             "context": {"a": "{{Canary}}"} }
            """, []),
        ("POST", "/predictions",
            $$"""
            {"input": {"example_inputs": "{{Canary}}-in", "example_outputs": "{{Canary}}-out", "test_inputs": "{{Canary}}-test",
             "auth": "{{Canary}}"} }
            """, [("Accept", "text/event-stream")]),
        ("POST", "/predictions", $$"""{"input": {"seed": "{{Canary}}", "lora_modules_specified": "{{Canary}}"} }""", []),
        ("POST", "/predictions", $$"""{"id": "{{Canary}} no id", "input": "data:text/plain,{{Canary}}"}""", []),
        ("POST", "/predictions", $"{{ {Canary}", []),
        ("PUT", $"/predictions/{Canary}%20bad", "{}", []),
        ("POST", $"/predictions/{Canary}/cancel?{Canary}", null, []),
        ("POST", "/shutdown", null, [("Origin", $"https://{Canary}")]),
        ("POST", "/v1/predictions",
            $$"""
            {"version": "lorahub/lorahub", "input": {"example_inputs": "{{Canary}}-in", "example_outputs": "{{Canary}}-out", "seed": 1},
             "webhook": "https://a.example/{{Canary}}"}
            """, [TestTokens.Header(TestTokens.Anna), ("Prefer", "wait")]),
        ("POST", "/v1/predictions", $$"""{"version": "{{Canary}}", "input": {} }""", [TestTokens.Header(TestTokens.Anna)]),
        ("GET", $"/v1/predictions?cursor={Canary}", null, [TestTokens.Header(TestTokens.Anna)]),
        ("GET", $"/v1/predictions/{Canary}", null, [TestTokens.Header(TestTokens.Anna), ("Cookie", Canary)]),
        ("GET", $"/v1/{Canary}", null, [TestTokens.Header(TestTokens.Anna), ("X-Forwarded-Host", Canary)]),
        ("GET", $"/v1/streams/{Canary}", null, [("Last-Event-ID", Canary)]),
        ("GET", $"/results/{Canary}/adapter.zip?{Canary}", null, []),
        ("GET", "/v1/predictions", null, [("Authorization", $"Bearer {Canary}")]),
        ("GET", $"/{Canary}", null, [("Authorization", $"Basic {Canary}")]),
        ("GET", $"/docs/{Canary}.json", null, []),
    ];

    [Fact]
    public async Task The_most_verbose_log_contains_no_request_or_response_data()
    {
        await using var service =
            new Service([.. TestTokens.Settings, .. Loudest, ("Api:CorsOrigins:0", "https://a.example"), ("RateLimits:OthersPerMinute", "4")]);
        service.Predictor.Script = Script;
        var client = await service.ReadyAsync();

        await SendAllAsync(client);
        service.Library.Broken = new InvalidOperationException($"{Canary} in an exception's message");
        using var unexpected = await client.PostAsync("/predictions", "{}");

        Assert.Equal(HttpStatusCode.InternalServerError, unexpected.StatusCode);
        Assert.Contains("A request failed unexpectedly", service.Log.Text, StringComparison.Ordinal);
        Check(service.Log.Text);

        static PredictionResult Script(Run run)
        {
            run.Progress.Log($"{Canary} as a line of the prediction's own log");
            return run.Input.Seed switch
            {
                1 => throw new PredictionException($"{Canary} as what a client is told"),
                3 => throw new InvalidOperationException($"{Canary} as what broke"),
                _ => run.Answer($"{Canary}-answer"),
            };
        }
    }

    [Fact]
    public async Task The_log_of_the_real_program_contains_no_data_of_malformed_requests()
    {
        await using var host = await TestHostProcess.StartAsync([.. TestTokens.Settings, .. Loudest]);
        var client = await host.ReadyAsync();

        await SendAllAsync(client);
        foreach (var raw in (string[])
        [
            $"GET /{Canary} HTTP/9.9\r\n\r\n",
            $"GET /v1/predictions HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {Canary}\u0001\r\n\r\n",
            $"GET /v1/predictions HTTP/1.1\r\nHost: localhost\r\nAuthorization Bearer {Canary}\r\n\r\n",
            $"POST /predictions HTTP/1.1\r\nHost: {Canary}@\r\nContent-Length: {Canary}\r\n\r\n",
            $"{Canary}\r\n\r\n",
        ])
        {
            Assert.Matches("^HTTP/1.1 [45]", await RawAsync(client.BaseAddress!, raw));
        }

        Assert.Equal(0, await host.TerminateAsync());
        Check(host.Log);
    }

    [Fact]
    public async Task A_line_that_is_written_during_a_request_does_not_carry_the_path()
    {
        await using var service = new Service(Loudest);
        var client = await service.ReadyAsync();

        using var created = await client.SendAsync(HttpMethod.Put, "/predictions/mine", "{}");

        Assert.Equal(HttpStatusCode.OK, created.StatusCode);

        var entry = Assert.Single(service.Log.Events, entry => entry.MessageTemplate.Text == "Prediction {PredictionId} was created.");
        Assert.True(entry.Properties.ContainsKey("RequestId"));
        Assert.False(entry.Properties.ContainsKey("RequestPath"));
    }

    [Fact]
    public async Task A_warning_of_the_framework_is_still_written()
    {
        await using var service = new Service();
        await service.ReadyAsync();
        var logger = service.Services.GetRequiredService<ILoggerFactory>().CreateLogger("Microsoft.AspNetCore.Server.Kestrel");

        logger.Log(LogLevel.Warning, eventId: default, "The heartbeat is late.", exception: null, (text, _) => text);

        Assert.Contains("The heartbeat is late.", service.Log.Text, StringComparison.Ordinal);
    }

    static async Task SendAllAsync(HttpClient client)
    {
        foreach (var (method, path, body, headers) in Requests)
        {
            using var response = await client.SendAsync(new HttpMethod(method), path, body, headers);
            await response.TextAsync();
        }
    }

    /// <returns>The first bytes of the response.</returns>
    static async Task<string> RawAsync(Uri address, string request)
    {
        using var connection = new TcpClient();
        await connection.ConnectAsync(address.Host, address.Port, TestContext.Current.CancellationToken);
        var stream = connection.GetStream();
        await stream.WriteAsync(Encoding.Latin1.GetBytes(request), TestContext.Current.CancellationToken);
        var buffer = new byte[1024];
        var read = await stream.ReadAsync(buffer, TestContext.Current.CancellationToken);
        return Encoding.Latin1.GetString(buffer, 0, read);
    }

    static void Check(string log)
    {
        foreach (var secret in (string[])[Canary, TestTokens.Anna, TestTokens.Bert])
        {
            var line = log.Split('\n').FirstOrDefault(line => line.Contains(secret, StringComparison.OrdinalIgnoreCase));
            Assert.True(line is null, $"{secret} stands in the log: {line}");
        }
    }
}
