using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace LoraHub.Modules.HuggingFace;

/// <summary>The requests that create a model on the Hub and change its files. Each method makes one attempt.</summary>
sealed class HubUploads(HubTransport transport, HubExchange exchange, TimeProvider time)
{
    const string LfsJson = "application/vnd.git-lfs+json";

    /// <summary>Creates an empty model.</summary>
    /// <exception cref="HubConflictException">It exists.</exception>
    /// <exception cref="HubException">The request failed.</exception>
    public Task CreateAsync(string id, bool isPrivate, CancellationToken cancellationToken)
    {
        var parts = id.Split('/');
        var repository = new JsonObject { ["type"] = "model", ["organization"] = parts[0], ["name"] = parts[1], ["private"] = isPrivate };
        return PostAsync(Model(id), Api("repos/create"), Json(repository), cancellationToken);
    }

    /// <summary>How the Hub stores each file.</summary>
    /// <returns>For each name, whether the file goes to Git LFS.</returns>
    /// <exception cref="HubException">The request failed, or the Hub ignores a file.</exception>
    public async Task<IReadOnlyDictionary<string, bool>> CheckAsync(string id, IReadOnlyList<PushFile> files, CancellationToken cancellationToken)
    {
        var listed = new JsonArray([.. files.Select(file => new JsonObject
        {
            ["path"] = file.Name,
            ["size"] = file.Size,
            ["sample"] = Convert.ToBase64String(file.Sample()),
        })]);
        var answer = await PostAsync(
            Model(id), Api($"models/{id}/preupload/main"), Json(new JsonObject { ["files"] = listed }), cancellationToken);
        var modes = Read(answer, json => json.GetProperty("files").EnumerateArray().ToDictionary(
            file => file.GetProperty("path").GetString()!,
            file => (IsLarge: file.GetProperty("uploadMode").GetString() == "lfs",
                IsIgnored: file.TryGetProperty("shouldIgnore", out var ignored) && ignored.ValueKind == JsonValueKind.True)));
        foreach (var file in files)
        {
            if (!modes.TryGetValue(file.Name, out var mode))
            {
                throw Invalid();
            }

            if (mode.IsIgnored)
            {
                throw new HubException($"The .gitignore of {id} excludes {file.Name}; change it on the Hub.");
            }
        }

        return modes.ToDictionary(mode => mode.Key, mode => mode.Value.IsLarge);
    }

    /// <summary>Prepares the upload of a file to Git LFS.</summary>
    /// <param name="digest">SHA-256 of the file.</param>
    /// <returns>Null if the Hub has the file.</returns>
    /// <exception cref="HubException">The request failed, or the Hub does not take the file.</exception>
    public async Task<LfsActions?> PrepareAsync(string id, PushFile file, string digest, CancellationToken cancellationToken)
    {
        var batch = new JsonObject
        {
            ["operation"] = "upload",
            ["transfers"] = new JsonArray("basic", "multipart"),
            ["objects"] = new JsonArray(new JsonObject { ["oid"] = digest, ["size"] = file.Size }),
            ["hash_algo"] = "sha256",
            ["ref"] = new JsonObject { ["name"] = "main" },
        };
        var url = new Uri($"{transport.Endpoint}/{id}.git/info/lfs/objects/batch");
        var what = new HubResource(transport.Endpoint, id, File: file.Name);
        var answer = await PostAsync(what, url, Json(batch, LfsJson), cancellationToken);
        return Read(answer, json => json.GetProperty("objects").EnumerateArray().Single() is var prepared
            && prepared.TryGetProperty("error", out var error)
                ? throw HubAnswers.FileRefusal(what, error.GetProperty("code").GetInt32(), error.GetProperty("message").GetString())
                : LfsActions.Read(prepared, file.Size, link => transport.Follow(url, link)));
    }

    /// <summary>Sends JSON about an upload to a URL that the Hub named.</summary>
    /// <exception cref="HubException">The request failed.</exception>
    public Task ConfirmAsync(string id, Uri url, JsonObject json, CancellationToken cancellationToken) =>
        PostAsync(Model(id), url, Json(json, LfsJson), cancellationToken);

    /// <summary>Commits files to <c>main</c>.</summary>
    /// <param name="parent">The commit that was read; the Hub refuses the new one if there is another by now.</param>
    /// <param name="lines">The operations.</param>
    /// <returns>The commit.</returns>
    /// <exception cref="HubConflictException">The model changed.</exception>
    /// <exception cref="HubException">The request failed.</exception>
    public async Task<string> CommitAsync(
        string id, string parent, string message, IEnumerable<JsonObject> lines, CancellationToken cancellationToken)
    {
        var header = new JsonObject { ["summary"] = message, ["description"] = "", ["parentCommit"] = parent };
        var text = string.Concat(
            lines.Prepend(new JsonObject { ["key"] = "header", ["value"] = header }).Select(line => line.ToJsonString() + "\n"));
        var answer = await PostAsync(
            Model(id), Api($"models/{id}/commit/main"), Content(Encoding.UTF8.GetBytes(text), "application/x-ndjson"), cancellationToken);
        return Read(answer, json => json.GetProperty("commitOid").GetString()) is { } commit && HubModel.IsCommit(commit) ? commit : throw Invalid();
    }

    HubResource Model(string id) => new(transport.Endpoint, id);

    Uri Api(string path) => new($"{transport.Endpoint}/api/{path}");

    async Task<ReadOnlyMemory<byte>> PostAsync(HubResource what, Uri url, Func<HttpContent> body, CancellationToken cancellationToken)
    {
        var response = await exchange.SendAsync(
            _ => new HubCall(HttpMethod.Post, url, body, headers => headers.Accept.ParseAdd("application/json, application/vnd.git-lfs+json")),
            refused => HubAnswers.WriteRefusal(refused, what, time),
            cancellationToken);
        return response.Body;
    }

    static Func<HttpContent> Json(JsonObject json, string type = "application/json") => Content(Encoding.UTF8.GetBytes(json.ToJsonString()), type);

    static Func<HttpContent> Content(byte[] body, string type) =>
        () => new ByteArrayContent(body) { Headers = { ContentType = new MediaTypeHeaderValue(type) } };

    static T Read<T>(ReadOnlyMemory<byte> answer, Func<JsonElement, T> read)
    {
        try
        {
            using var document = JsonDocument.Parse(answer);
            return read(document.RootElement);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or KeyNotFoundException
            or FormatException or ArgumentException or OverflowException)
        {
            throw Invalid(exception);
        }
    }

    static HubException Invalid(Exception? exception = null) => new("The Hub's response to an upload is not valid.", exception);
}
