using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace LoraHub.Api.Tests.HuggingFace;

/// <summary>The requests of the test server that create models and change their files: the Hub's commit protocol with Git LFS.</summary>
sealed class HubUploadSide(HuggingFaceServer hub)
{
    readonly ConcurrentDictionary<string, byte[]> _objects = new(StringComparer.Ordinal), _parts = new(StringComparer.Ordinal);
    readonly ConcurrentQueue<(string Id, JsonObject[] Lines)> _commits = [];
    int _issued;
    long _received;

    /// <summary>The lines of each commit, in order.</summary>
    public IReadOnlyCollection<(string Id, JsonObject[] Lines)> Commits => _commits;

    /// <summary>The number of bytes of large files that arrived.</summary>
    public long Received => Interlocked.Read(ref _received);

    /// <summary>The size of a part; 0 sends each file in one request.</summary>
    public int PartBytes { get; set; }

    /// <summary>The names that .gitignore excludes.</summary>
    public IReadOnlyList<string> Ignored { get; set; } = [];

    /// <summary>The error that the Git LFS batch gives for each file, or null.</summary>
    public (int Code, string Message)? LfsError { get; set; }

    /// <summary>The URL that receives the content instead of the storage's, or null.</summary>
    public string? UploadUrl { get; set; }

    /// <summary>Runs before a commit is applied.</summary>
    public Action BeforeCommit { get; set; } = () => { };

    public async Task AnswerAsync(HttpContext http, string[] path, HubFault fault)
    {
        if (fault is HubFault.Expired)
        {
            http.Response.StatusCode = 403;
            return;
        }

        if (await BodyAsync(http, fault) is not { } body)
        {
            return;
        }

        var answer = path switch
        {
            ["upload", var digest, ..] => Store(http, digest, path.Length > 2 ? int.Parse(path[2]) : 0, body),
            _ => Answer(http, path, body),
        };
        if (fault is HubFault.Lost)
        {
            http.Abort();
        }
        else if (answer is not null)
        {
            await http.Response.WriteAsJsonAsync(answer);
        }
    }

    JsonObject? Answer(HttpContext http, string[] path, byte[] body) => path switch
    {
        ["api", "repos", "create"] => Create(http, Json(body)),
        ["api", "models", _, _, "preupload", "main"] => Check(Json(body)),
        [_, _, "info", "lfs", "objects", "batch"] => Prepare(Json(body)),
        ["complete", var digest] => Complete(http, digest, Json(body)),
        ["verify", var digest] => Verify(http, digest),
        ["api", "models", var owner, var name, "commit", "main"] => Commit(http, $"{owner}/{name}", body),
        _ => throw new InvalidOperationException(string.Join('/', path)),
    };

    /// <returns>Null if the fault ended the request.</returns>
    async Task<byte[]?> BodyAsync(HttpContext http, HubFault fault)
    {
        if (fault is HubFault.Cut or HubFault.Stall)
        {
            await http.Request.Body.ReadExactlyAsync(new byte[http.Request.ContentLength!.Value / 2]);
            if (fault is HubFault.Stall)
            {
                await hub.StallAsync(http);
            }

            http.Abort();
            return null;
        }

        using var body = new MemoryStream();
        await http.Request.Body.CopyToAsync(body);
        return body.ToArray();
    }

    JsonObject? Create(HttpContext http, JsonObject given)
    {
        var id = $"{given["organization"]}/{given["name"]}";
        if (hub.FindOrNull(id) is not null)
        {
            http.Response.StatusCode = 409;
            return null;
        }

        hub.Set(HubRepository.Of(id, [(".gitattributes", "*.safetensors filter=lfs"u8.ToArray())]) with { IsPrivate = (bool)given["private"]! });
        return new JsonObject { ["url"] = $"{hub.Endpoint}/{id}" };
    }

    JsonObject Check(JsonObject given) => new()
    {
        ["files"] = new JsonArray([.. given["files"]!.AsArray().Select(file => new JsonObject
        {
            ["path"] = (string)file!["path"]!,
            ["uploadMode"] = new HubRepositoryFile((string)file["path"]!, []).IsLarge ? "lfs" : "regular",
            ["shouldIgnore"] = Ignored.Contains((string)file["path"]!),
        })]),
    };

    JsonObject Prepare(JsonObject given)
    {
        var asked = given["objects"]!.AsArray().Single()!;
        var (digest, size) = ((string)asked["oid"]!, (int)asked["size"]!);
        var prepared = new JsonObject { ["oid"] = digest, ["size"] = size };
        if (LfsError is { } error)
        {
            prepared["error"] = new JsonObject { ["code"] = error.Code, ["message"] = error.Message };
        }
        else if (!_objects.ContainsKey(digest) && hub.Large(digest) is null)
        {
            prepared["actions"] = new JsonObject
            {
                ["upload"] = Upload(digest, size),
                ["verify"] = new JsonObject { ["href"] = $"{hub.Endpoint}/verify/{digest}" },
            };
        }

        return new JsonObject { ["transfer"] = PartBytes > 0 ? "multipart" : "basic", ["objects"] = new JsonArray(prepared) };
    }

    JsonObject Upload(string digest, int size)
    {
        var signature = $"X-Signature={Interlocked.Increment(ref _issued)}";
        if (PartBytes == 0)
        {
            return new JsonObject { ["href"] = UploadUrl ?? $"{hub.Cdn}/upload/{digest}?{signature}" };
        }

        var header = new JsonObject { ["chunk_size"] = $"{PartBytes}" };
        for (var part = (size + PartBytes - 1) / PartBytes; part >= 1; part--) // in any order: the numbers count
        {
            header[$"{part}"] = $"{hub.Cdn}/upload/{digest}/{part}?{signature}";
        }

        return new JsonObject { ["href"] = $"{hub.Endpoint}/complete/{digest}", ["header"] = header };
    }

    JsonObject? Store(HttpContext http, string digest, int part, byte[] body)
    {
        Interlocked.Add(ref _received, body.Length);
        if (part == 0 && Digest(body) == digest)
        {
            _objects[digest] = body;
        }
        else if (part > 0)
        {
            _parts[Tag(digest, part)] = body;
            http.Response.Headers.ETag = Tag(digest, part);
        }

        return null;
    }

    JsonObject Complete(HttpContext http, string digest, JsonObject given)
    {
        var parts = given["parts"]!.AsArray();
        var numbers = parts.Select(part => (int)part!["partNumber"]!);
        var content = parts.SelectMany(part => _parts[(string)part!["etag"]!]).ToArray();
        if (numbers.SequenceEqual(Enumerable.Range(1, parts.Count)) && (string)given["oid"]! == digest && Digest(content) == digest)
        {
            _objects[digest] = content;
        }
        else
        {
            http.Response.StatusCode = 400;
        }

        return [];
    }

    JsonObject Verify(HttpContext http, string digest)
    {
        http.Response.StatusCode = _objects.ContainsKey(digest) ? 200 : 404;
        return [];
    }

    JsonObject? Commit(HttpContext http, string id, byte[] body)
    {
        BeforeCommit();
        JsonObject[] lines = [.. Encoding.UTF8.GetString(body).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => Json(line))];
        var before = hub.Find(id);
        if ((string?)lines[0]["value"]!["parentCommit"] != before.Commit)
        {
            http.Response.StatusCode = 412;
            return null;
        }

        var files = before.Files.Values.ToDictionary(file => file.Name, file => file.Content);
        foreach (var line in lines.Skip(1))
        {
            var (path, value) = ((string)line["value"]!["path"]!, line["value"]!);
            if ((string)line["key"]! == "deletedFile")
            {
                files.Remove(path);
            }
            else
            {
                files[path] = (string)line["key"]! == "file" ? Convert.FromBase64String((string)value["content"]!) : Large((string)value["oid"]!);
            }
        }

        var after = HubRepository.Of(id, files.Select(file => (file.Key, file.Value))) with { IsPrivate = before.IsPrivate };
        hub.Set(after);
        _commits.Enqueue((id, lines));
        return new JsonObject { ["commitOid"] = after.Commit, ["commitUrl"] = $"{hub.Endpoint}/{id}/commit/{after.Commit}" };
    }

    byte[] Large(string digest) => _objects.TryGetValue(digest, out var content) ? content : hub.Large(digest)!;

    static string Tag(string digest, int part) => $"\"{digest[..8]}-{part}\"";

    static string Digest(byte[] content) => Convert.ToHexStringLower(SHA256.HashData(content));

    static JsonObject Json(byte[] body) => Json(Encoding.UTF8.GetString(body));

    static JsonObject Json(string text) => JsonNode.Parse(text)!.AsObject();
}
