using System.Text.Json.Nodes;
using System.Threading.Channels;
using LoraHub.Api.Tests.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace LoraHub.Api.Tests.Webhooks;

/// <summary>A received webhook.</summary>
/// <param name="Request">Method and path.</param>
sealed record Received(string Request, IReadOnlyDictionary<string, string> Headers, string Body, DateTimeOffset At)
{
    public JsonObject Json => JsonNode.Parse(Body)!.AsObject();

    public string? Status => Json.Text("status");
}

/// <summary>Receives webhooks on a free local port and runs the test's responses.</summary>
sealed class Receiver : IAsyncDisposable
{
    /// <summary>The setting with which a service sends webhooks to this machine.</summary>
    public static readonly (string Key, string Value) Allowed = ("Webhooks:AllowedNetworks:0", "127.0.0.0/8");

    readonly Channel<Received> _received = Channel.CreateUnbounded<Received>();
    readonly WebApplication _app;
    int _count;

    Receiver(WebApplication app) => _app = app;

    /// <summary>The response by the number of the request, from 1 on. Default: 200 at once.</summary>
    public Func<int, HttpContext, Task> Answer { get; set; } = (_, _) => Task.CompletedTask;

    /// <summary>The clock for arrival times.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>The number of webhooks received so far.</summary>
    public int Count => _count;

    public string Origin => _app.Urls.Single();

    public string Url => $"{Origin}/hook?secret=do-not-log";

    public static async Task<Receiver> StartAsync(TimeProvider? clock = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        var receiver = new Receiver(app) { Clock = clock ?? TimeProvider.System };
        app.Run(receiver.TakeAsync);
        await app.StartAsync();
        return receiver;
    }

    /// <summary>The next one, in the order of arrival.</summary>
    public async Task<Received> NextAsync()
    {
        using var limit = new CancellationTokenSource(Limits.Wait);
        return await TakeNextAsync(limit.Token);
    }

    /// <summary>As <see cref="NextAsync"/>, with the caller's timeout.</summary>
    public async Task<Received> TakeNextAsync(CancellationToken cancellationToken) => await _received.Reader.ReadAsync(cancellationToken);

    /// <summary>All up to the first one whose prediction has ended.</summary>
    public async Task<IReadOnlyList<Received>> UntilEndAsync()
    {
        var all = new List<Received>();
        do
        {
            all.Add(await NextAsync());
        }
        while (all[^1].Status is "starting" or "processing");

        return all;
    }

    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource();
        await now.CancelAsync();
        await _app.StopAsync(now.Token); // hanging requests are abandoned
        await _app.DisposeAsync();
    }

    async Task TakeAsync(HttpContext http)
    {
        using var reader = new StreamReader(http.Request.Body);
        var received = new Received(
            $"{http.Request.Method} {http.Request.Path}",
            http.Request.Headers.ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase),
            await reader.ReadToEndAsync(http.RequestAborted),
            Clock.GetUtcNow());
        var number = Interlocked.Increment(ref _count); // before a test can see the message
        await _received.Writer.WriteAsync(received);
        await Answer(number, http);
    }
}
