using System.Security.Cryptography;
using System.Text.Json.Nodes;

namespace LoraHub.Modules.HuggingFace;

/// <summary>A file to upload.</summary>
/// <param name="Size">In bytes.</param>
/// <param name="Open">Opens the content from its start; the caller disposes the stream.</param>
sealed record PushFile(string Name, long Size, Func<Stream> Open)
{
    const int SampleBytes = 512;

    public static PushFile Of(FileInfo file) => new(file.Name, file.Length, () => new FileStream(
        file.FullName, new FileStreamOptions { Options = FileOptions.SequentialScan, Share = FileShare.Read | FileShare.Delete, BufferSize = 0 }));

    public static PushFile Of(string name, byte[] content) => new(name, content.Length, () => new MemoryStream(content, writable: false));

    /// <summary>The first bytes, from which the Hub tells text from binary data.</summary>
    public byte[] Sample()
    {
        using var content = Open();
        var sample = new byte[Math.Min(SampleBytes, Size)];
        content.ReadExactly(sample);
        return sample;
    }

    public async Task<string> DigestAsync(CancellationToken cancellationToken)
    {
        await using var content = Open();
        return Convert.ToHexStringLower(await SHA256.HashDataAsync(content, cancellationToken));
    }

    /// <summary>Whether the Hub's file has this content.</summary>
    public async Task<bool> IsAsync(HubFile? file, CancellationToken cancellationToken)
    {
        if (file is null || file.Size != Size)
        {
            return false;
        }

        await using var content = Open();
        return await file.MatchesAsync(content, cancellationToken);
    }

    /// <summary>The line of a commit that adds this file with its content.</summary>
    /// <exception cref="HubException">The file is too large for that.</exception>
    public async Task<JsonObject> LineAsync(CancellationToken cancellationToken)
    {
        const int MostBytes = 16 << 20;
        if (Size > MostBytes)
        {
            throw new HubException($"The Hub does not keep {Name} in Git LFS; add a line for it to .gitattributes on the Hub.");
        }

        await using var content = Open();
        var bytes = new byte[Size];
        await content.ReadExactlyAsync(bytes, cancellationToken);
        var value = new JsonObject { ["path"] = Name, ["encoding"] = "base64", ["content"] = Convert.ToBase64String(bytes) };
        return new JsonObject { ["key"] = "file", ["value"] = value };
    }

    /// <summary>The line of a commit that adds this file, whose content is in Git LFS.</summary>
    public JsonObject Line(string digest) => new()
    {
        ["key"] = "lfsFile",
        ["value"] = new JsonObject { ["path"] = Name, ["algo"] = "sha256", ["oid"] = digest, ["size"] = Size },
    };
}
