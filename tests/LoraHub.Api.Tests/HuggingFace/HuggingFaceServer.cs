using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace LoraHub.Api.Tests.HuggingFace;

/// <summary>
/// A test server with the Hugging Face Hub's API, on free ports of this machine. It injects the faults that a test asks for, and serves large files
/// from a second origin, its CDN.
/// </summary>
sealed class HuggingFaceServer : IAsyncDisposable
{
    readonly SortedDictionary<string, HubRepository> _repositories = new(StringComparer.Ordinal);
    readonly ConcurrentDictionary<string, int> _counts = new(StringComparer.Ordinal);
    readonly ConcurrentQueue<HubRequest> _requests = [];
    readonly WebApplication _hub, _cdn;
    long _sent;

    HuggingFaceServer() => (_hub, _cdn, Uploads) = (Build(isCdn: false), Build(isCdn: true), new HubUploadSide(this));

    public string Endpoint => _hub.Urls.Single();

    public string Cdn => _cdn.Urls.Single();

    public IReadOnlyCollection<HubRequest> Requests => _requests;

    /// <summary>The number of file bytes written to connections.</summary>
    public long Sent => Interlocked.Read(ref _sent);

    /// <summary>Runs when the server sends, or reads, nothing more of a request. Default: nothing.</summary>
    public Func<Task> Stalling { get; set; } = () => Task.CompletedTask;

    /// <summary>What was uploaded.</summary>
    public HubUploadSide Uploads { get; }

    /// <summary>The fault to inject into a request. Default: none.</summary>
    public Func<HubRequest, HubFault> Fault { get; set; } = _ => HubFault.None;

    /// <summary>Handles a request instead of the server when it returns true. Default: it returns false.</summary>
    public Func<HttpContext, HubRequest, Task<bool>> Answer { get; set; } = (_, _) => Task.FromResult(false);

    /// <summary>The number of models on a page of search results.</summary>
    public int PageSize { get; init; } = 50;

    public static async Task<HuggingFaceServer> StartAsync(int pageSize = 50)
    {
        var hub = new HuggingFaceServer { PageSize = pageSize };
        await hub._hub.StartAsync();
        await hub._cdn.StartAsync();
        return hub;
    }

    /// <summary>Adds a model, or replaces its commit.</summary>
    public HubRepository Add(string id, params IEnumerable<(string Name, byte[] Content)> files) => _repositories[id] = HubRepository.Of(id, files);

    public HubRepository Find(string id) => _repositories[id];

    public HubRepository? FindOrNull(string id) => _repositories.GetValueOrDefault(id);

    public void Set(HubRepository repository) => _repositories[repository.Id] = repository;

    /// <summary>The content of a file in Git LFS, or null.</summary>
    public byte[]? Large(string digest) =>
        _repositories.Values.SelectMany(repository => repository.Files.Values).FirstOrDefault(file => file.IsLarge && file.Sha256 == digest)?.Content;

    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource();
        await now.CancelAsync();
        foreach (var app in (WebApplication[])[_hub, _cdn])
        {
            await app.StopAsync(now.Token);
            await app.DisposeAsync();
        }
    }

    WebApplication Build(bool isCdn)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        app.Run(http => ServeAsync(http, isCdn));
        return app;
    }

    async Task ServeAsync(HttpContext http, bool isCdn)
    {
        var path = http.Request.Path.Value!;
        var request = HubRequest.Of(http, isCdn, _counts.AddOrUpdate($"{isCdn}{path}", 1, (_, count) => count + 1));
        _requests.Enqueue(request);
        if (await Answer(http, request))
        {
            return;
        }

        var fault = Fault(request);
        if (fault is HubFault.Busy or HubFault.Down)
        {
            http.Response.StatusCode = fault is HubFault.Busy ? 429 : 503;
            http.Response.Headers.RetryAfter = fault is HubFault.Busy ? "0" : default;
            return;
        }

        if (http.Request.Method != HttpMethods.Get)
        {
            await Uploads.AnswerAsync(http, path.Split('/', StringSplitOptions.RemoveEmptyEntries), fault);
        }
        else if (isCdn)
        {
            var file = _repositories.Values.SelectMany(repository => repository.Files.Values).First(file => path == $"/{file.Sha256}");
            await SendAsync(http, file.Content, fault);
        }
        else if (path == "/api/models")
        {
            await ListAsync(http);
        }
        else
        {
            await AnswerAsync(http, path.Split('/', StringSplitOptions.RemoveEmptyEntries), fault);
        }
    }

    async Task ListAsync(HttpContext http)
    {
        var query = http.Request.Query;
        var skip = int.TryParse(query["cursor"], out var cursor) ? cursor : 0;
        var (author, search) = ($"{query["author"]}/", query["search"].ToString());
        string[] found =
        [
            .. _repositories.Keys
                .Where(id => id.StartsWith(author, StringComparison.Ordinal) && id.Contains(search, StringComparison.OrdinalIgnoreCase)),
        ];
        if (skip + PageSize < found.Length)
        {
            var next = $"search={search}&author={query["author"]}&limit={query["limit"]}&cursor={skip + PageSize}";
            http.Response.Headers.Link = $"<{Endpoint}/api/models?{next}>; rel=\"next\"";
        }

        var page = found.Skip(skip).Take(PageSize).Select(id => new JsonObject { ["id"] = id, ["modelId"] = id });
        await http.Response.WriteAsJsonAsync(new JsonArray([.. page]));
    }

    async Task AnswerAsync(HttpContext http, string[] path, HubFault fault)
    {
        switch (path)
        {
            case ["api", "models", var owner, var name, "revision", var revision]:
                await (Find(http, owner, name, revision) is { } listed ? http.Response.WriteAsJsonAsync(listed.Describe()) : Task.CompletedTask);
                break;
            case [var owner, var name, "resolve", var revision, var file] when Find(http, owner, name, revision) is { } repository:
                if (!repository.Files.TryGetValue(file, out var found))
                {
                    Refuse(http, 404, "EntryNotFound");
                    break;
                }

                http.Response.Headers["X-Repo-Commit"] = repository.Commit;
                if (found.IsLarge)
                {
                    http.Response.Headers["X-Linked-Size"] = $"{found.Content.Length}";
                    http.Response.Headers["X-Linked-Etag"] = $"\"{found.Sha256}\"";
                    http.Response.Redirect($"{Cdn}/{found.Sha256}?Signature=secret");
                    break;
                }

                http.Response.Headers.ETag = $"\"{found.BlobId}\"";
                await SendAsync(http, found.Content, fault);
                break;
        }
    }

    HubRepository? Find(HttpContext http, string owner, string name, string revision)
    {
        if (!_repositories.TryGetValue($"{owner}/{name}", out var repository))
        {
            Refuse(http, 401, "RepoNotFound"); // as the Hub answers requests without a token
            return null;
        }

        if (revision != "main" && revision != repository.Commit)
        {
            Refuse(http, 404, "RevisionNotFound");
            return null;
        }

        return repository;
    }

    public static void Refuse(HttpContext http, int status, string code)
    {
        http.Response.StatusCode = status;
        http.Response.Headers["X-Error-Code"] = code;
    }

    async Task SendAsync(HttpContext http, byte[] content, HubFault fault)
    {
        var from = http.Request.GetTypedHeaders().Range?.Ranges.Single().From is { } first && fault is not HubFault.NoRanges ? (int)first : 0;
        if (from > 0 && (from >= content.Length || fault is HubFault.NoSuchRange))
        {
            http.Response.StatusCode = 416;
            return;
        }

        var bytes = content.AsMemory(from).ToArray();
        if (fault is HubFault.WrongByte)
        {
            bytes[^1] ^= 1;
        }

        if (from > 0)
        {
            http.Response.StatusCode = 206;
            http.Response.Headers.ContentRange = $"bytes {from}-{content.Length - 1}/{content.Length}";
        }

        http.Response.ContentLength = fault is HubFault.Short ? null : bytes.Length;
        var sent = fault is HubFault.Cut or HubFault.Short or HubFault.Stall ? bytes.Length / 2 : bytes.Length;
        Interlocked.Add(ref _sent, sent); // before the client can have them
        await http.Response.Body.WriteAsync(bytes.AsMemory(0, sent), http.RequestAborted);
        await http.Response.Body.FlushAsync(http.RequestAborted);
        if (fault is HubFault.Cut)
        {
            http.Abort();
        }
        else if (fault is HubFault.Stall)
        {
            await StallAsync(http);
        }
    }

    /// <summary>Returns once the client has disconnected.</summary>
    public async Task StallAsync(HttpContext http)
    {
        await Stalling();
        await Task.Delay(Timeout.Infinite, http.RequestAborted)
            .ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
    }
}
