using System.Collections.Concurrent;
using System.Net;
using System.Text.Json.Nodes;
using LoraHub.Api.Tests.Support;
using LoraHub.Api.Tests.Webhooks;

namespace LoraHub.Api.Tests.Upgrade;

/// <summary>
/// This program's responses about data of 4dfd9a7: at once, and after every open prediction has ended. They are read once for all tests.
/// </summary>
public abstract class Upgraded : IAsyncLifetime
{
    protected static readonly TimeSpan Timeout = TimeSpan.FromMinutes(3);

    readonly ConcurrentQueue<Received> _received = [];
    readonly CancellationTokenSource _stopping = new();
    Receiver _receiver = null!;
    UpgradedService _service = null!;
    HttpClient _client = null!;
    Task _receiving = Task.CompletedTask;

    internal Before Before { get; private set; } = null!;

    /// <summary>Predictions by name, as this program returns them at once.</summary>
    internal Dictionary<string, JsonObject> AtOnce { get; } = [];

    /// <summary>Predictions by name, all of them ended.</summary>
    internal Dictionary<string, JsonObject> AtLast { get; } = [];

    /// <summary>The response to deleting a module that open predictions hold.</summary>
    internal HttpStatusCode DeletionOfHeld { get; private set; }

    internal JsonObject Usage { get; private set; } = null!;

    internal JsonArray Modules { get; private set; } = null!;

    /// <summary>Received webhooks, by the prediction's id.</summary>
    internal ILookup<string, Received> Received => _received.ToLookup(one => one.Json.Text("id")!);

    public async ValueTask InitializeAsync()
    {
        if (await SkipsAsync())
        {
            return;
        }

        _receiver = await Receiver.StartAsync();
        _receiving = ReceiveAsync();
        var receiver = new Uri(_receiver.Origin).Authority;
        Before = Before.Read(Name, receiver);
        _service = await StartAsync(receiver);
        _client = _service.CreateClient();
        using var limit = new CancellationTokenSource(Timeout);
        while ((DeletionOfHeld = await DeleteAsync("/v1/modules/anna/plurals")) == HttpStatusCode.ServiceUnavailable)
        {
            await Task.Delay(10, limit.Token); // PostgreSQL's tables are migrated after the start
        }

        Usage = await GetAsync("/v1/modules/anna/plurals/usage");
        foreach (var name in Before.Predictions.Select(one => one.Key))
        {
            AtOnce[name] = await GetAsync(UrlOf(name));
        }

        _service.Work(); // what was open is open until here
        await EndAsync();
        _client.Dispose();
        _service = await RestartAsync(_service);
        _client = _service.CreateClient();
    }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        _client?.Dispose();
        if (_service is not null)
        {
            await _service.DisposeAsync();
        }

        await _stopping.CancelAsync();
        await _receiving;
        if (_receiver is not null)
        {
            await _receiver.DisposeAsync();
        }

        await CleanAsync();
        _stopping.Dispose();
    }

    /// <summary>Of the fixture.</summary>
    protected abstract string Name { get; }

    /// <summary>Whether the required servers are missing.</summary>
    protected virtual Task<bool> SkipsAsync() => Task.FromResult(false);

    /// <summary>Restores what was stored.</summary>
    private protected abstract Task<UpgradedService> StartAsync(string receiver);

    /// <summary>Starts the service again, when nothing is open any more.</summary>
    private protected virtual Task<UpgradedService> RestartAsync(UpgradedService service) => Task.FromResult(service);

    protected abstract ValueTask CleanAsync();

    internal async Task<JsonObject> GetAsync(string url) =>
        Before.WithLicenseKey(await _client.GetJsonAsync(url.Replace(Before.Origin, "", StringComparison.Ordinal))).AsObject();

    internal async Task<HttpStatusCode> DeleteAsync(string url)
    {
        using var answer = await _client.SendAsync(HttpMethod.Delete, url, json: null);
        return answer.StatusCode;
    }

    internal Task<byte[]> DownloadAsync(string url) =>
        _client.GetByteArrayAsync(new Uri(url.Replace(Before.Origin, "", StringComparison.Ordinal), UriKind.Relative),
            TestContext.Current.CancellationToken);

    async Task EndAsync()
    {
        using var limit = new CancellationTokenSource(Timeout);
        foreach (var name in Before.Predictions.Select(one => one.Key))
        {
            while ((AtLast[name] = await GetAsync(UrlOf(name))).Text("status") is "starting" or "processing")
            {
                await Task.Delay(50, limit.Token);
            }
        }

        while (!Before.Open.Append("webhook_due").Where(HasWebhook).All(name => Received[Id(name)].Any(one => one.Status is "succeeded")))
        {
            await Task.Delay(50, limit.Token);
        }

        var count = Before.Responses["modules"]!.AsArray().Count;
        while ((Modules = (await GetAsync("/v1/modules?limit=100"))["results"]!.AsArray()).Count < count)
        {
            await Task.Delay(50, limit.Token);
        }
    }

    async Task ReceiveAsync()
    {
        try
        {
            while (true)
            {
                _received.Enqueue(await _receiver.TakeNextAsync(_stopping.Token));
            }
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
        }
    }

    internal string Id(string name) => Before.Predictions[name]!.Text("id")!;

    bool HasWebhook(string name) => Before.Predictions[name]!["webhook"] is not null;

    string UrlOf(string name) => $"/v1/predictions/{Id(name)}";
}
