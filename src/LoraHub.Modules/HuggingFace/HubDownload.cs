using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;

namespace LoraHub.Modules.HuggingFace;

/// <summary>Brings one file: goes on where it stopped, whoever or whatever stopped it, and proves what came by its digest.</summary>
sealed class HubDownload(HubClient hub, HubRetries retries, IOptions<HubOptions> options, TimeProvider time)
{
    const string Part = ".part";

    /// <summary>Returns when <c>FOLDER/NAME</c> is whole, verified and on the disk. Until then what came lies beside it as <c>NAME.part</c>, for the next time.</summary>
    /// <param name="folder">The caller's own, and for files of this commit only.</param>
    /// <param name="received">Told how many bytes more are here; fewer, when it starts over. What was here from the last time counts first.</param>
    /// <exception cref="HubException">It does not come.</exception>
    public async Task FetchAsync(HubModel model, HubFile file, string folder, Action<long> received, CancellationToken cancellationToken)
    {
        var path = Path.Combine(folder, file.Name);
        if (File.Exists(path))
        {
            received(file.Size); // it has got its name only after all that follows
            return;
        }

        await using (var part = new FileStream(path + Part, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0, useAsync: true))
        {
            EntityTagHeaderValue? tag = null;
            received(part.Length);
            await retries.RunAsync(
                async token =>
                {
                    tag = await TryAsync(model, file, part, tag, received, token);
                    return true;
                },
                cancellationToken);
            part.Flush(flushToDisk: true);
        }

        File.Move(path + Part, path);
    }

    async Task<EntityTagHeaderValue?> TryAsync(HubModel model, HubFile file, FileStream part, EntityTagHeaderValue? tag, Action<long> received, CancellationToken cancellationToken)
    {
        if (part.Length > file.Size)
        {
            Restart(part, received);
        }

        if (part.Length < file.Size)
        {
            tag = await ReceiveAsync(model, file, part, tag, received, cancellationToken);
        }

        if (!await IsAsync(file, part, cancellationToken))
        {
            Restart(part, received);
            throw new TransientHubException($"{file.Name} of {model.Id} came with other bytes than the hub's digest of it says.");
        }

        return tag;
    }

    async Task<EntityTagHeaderValue?> ReceiveAsync(HubModel model, HubFile file, FileStream part, EntityTagHeaderValue? tag, Action<long> received, CancellationToken cancellationToken)
    {
        using var idle = new IdleTimeout(options.Value.TryTimeout, time, cancellationToken);
        using var response = await idle.WaitAsync(token => hub.OpenAsync(model, file, part.Length, tag, token));
        if (!GoesOn(response, part.Length, file.Size))
        {
            Restart(part, received);
        }

        if (response.StatusCode is not (HttpStatusCode.OK or HttpStatusCode.PartialContent) || (part.Length == 0 && response.StatusCode == HttpStatusCode.PartialContent && response.Content.Headers.ContentRange?.From != 0))
        {
            throw new TransientHubException($"The hub does not give {file.Name} of {model.Id} from where it was left ({(int)response.StatusCode}).");
        }

        var body = await idle.WaitAsync(response.Content.ReadAsStreamAsync);
        var buffer = new byte[1 << 17];
        part.Position = part.Length;
        int read;
        while ((read = await idle.WaitAsync(token => body.ReadAsync(buffer, token).AsTask())) > 0)
        {
            if (part.Length + read > file.Size)
            {
                Restart(part, received);
                throw new TransientHubException($"{file.Name} of {model.Id} came with more bytes than the {file.Size} that the hub says it has.");
            }

            await part.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
            idle.Renew(); // a slow disk is no silent hub
            received(read);
        }

        return part.Length == file.Size ? response.Headers.ETag : throw new TransientHubException($"{file.Name} of {model.Id} ended after {part.Length} of {file.Size} bytes.");
    }

    /// <summary>Whether the answer's bytes belong behind those that are here.</summary>
    static bool GoesOn(HttpResponseMessage response, long from, long size) =>
        from == 0
        || (response.StatusCode == HttpStatusCode.PartialContent && response.Content.Headers.ContentRange is { } range && range.From == from && (range.Length is null || range.Length == size));

    static void Restart(FileStream part, Action<long> received)
    {
        received(-part.Length);
        part.SetLength(0);
    }

    static async Task<bool> IsAsync(HubFile file, FileStream part, CancellationToken cancellationToken)
    {
        part.Position = 0;
        if (file.Sha256 is { } sha256)
        {
            return Convert.ToHexStringLower(await SHA256.HashDataAsync(part, cancellationToken)) == sha256;
        }

#pragma warning disable CA5350 // git names its objects so
        using var sha1 = IncrementalHash.CreateHash(HashAlgorithmName.SHA1);
#pragma warning restore CA5350
        sha1.AppendData(Encoding.ASCII.GetBytes($"blob {file.Size}\0"));
        var buffer = new byte[1 << 17];
        int read;
        while ((read = await part.ReadAsync(buffer, cancellationToken)) > 0)
        {
            sha1.AppendData(buffer, 0, read);
        }

        return Convert.ToHexStringLower(sha1.GetHashAndReset()) == file.BlobId;
    }
}
