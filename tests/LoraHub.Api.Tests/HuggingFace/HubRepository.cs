using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace LoraHub.Api.Tests.HuggingFace;

sealed record HubRepositoryFile(string Name, byte[] Content)
{
    /// <summary>Whether the file is in Git LFS.</summary>
    public bool IsLarge => Path.GetExtension(Name) is ".safetensors" or ".bin" or ".model";

    public string Sha256 { get; } = Convert.ToHexStringLower(SHA256.HashData(Content));

#pragma warning disable CA5350 // git identifies its objects by SHA-1
    public string BlobId { get; } = Convert.ToHexStringLower(SHA1.HashData([.. Encoding.ASCII.GetBytes($"blob {Content.Length}\0"), .. Content]));
#pragma warning restore CA5350
}

/// <summary>A model on the test server at its only commit.</summary>
sealed record HubRepository(string Id, string Commit, IReadOnlyDictionary<string, HubRepositoryFile> Files)
{
    public bool IsPrivate { get; init; }

    public static HubRepository Of(string id, IEnumerable<(string Name, byte[] Content)> files)
    {
        var all = files.Select(file => new HubRepositoryFile(file.Name, file.Content)).ToDictionary(file => file.Name);
        var content = Encoding.UTF8.GetBytes(id + string.Concat(all.Values.Select(file => file.Sha256)));
        return new HubRepository(id, Convert.ToHexStringLower(SHA256.HashData(content))[..40], all);
    }

    /// <summary>The response of <c>/api/models/ID/revision/REVISION?blobs=true</c>.</summary>
    public JsonObject Describe() => new()
    {
        ["id"] = Id,
        ["sha"] = Commit,
        ["private"] = IsPrivate,
        ["gated"] = false,
        ["siblings"] = new JsonArray([.. Files.Values.Select(file => Describe(file))]),
    };

    static JsonObject Describe(HubRepositoryFile file)
    {
        var described = new JsonObject
        {
            ["rfilename"] = file.Name,
            ["size"] = file.Content.Length,
            ["blobId"] = file.IsLarge ? new string('b', 40) : file.BlobId,
        };
        if (file.IsLarge)
        {
            described["lfs"] = new JsonObject { ["sha256"] = file.Sha256, ["size"] = file.Content.Length, ["pointerSize"] = 131 };
        }

        return described;
    }
}
