using System.Net;
using System.Net.Http.Headers;
using Microsoft.Extensions.Options;

namespace LoraHub.Modules.HuggingFace;

/// <summary>Downloads one file: resumes a partial download and verifies the file by its digest.</summary>
sealed class HubDownload(HubClient hub, HubRetries retries, IOptions<HubOptions> options, TimeProvider time)
{
    const string Part = ".part";

    /// <summary>
    /// Returns once <c>FOLDER/NAME</c> is complete, verified and flushed to the disk. A partial download stays beside it as <c>NAME.part</c>, to be
    /// resumed.
    /// </summary>
    /// <param name="folder">A folder of the caller's own, with files of this commit only.</param>
    /// <param name="received">Called with the number of new bytes, starting with those of an earlier run; negative when the download
    /// restarts.</param>
    /// <exception cref="HubException">The download failed.</exception>
    public async Task DownloadAsync(HubModel model, HubFile file, string folder, Action<long> received, CancellationToken cancellationToken)
    {
        var path = Path.Combine(folder, file.Name);
        if (File.Exists(path))
        {
            received(file.Size); // a file gets its final name only after it was verified
            return;
        }

        await using (
            var part = new FileStream(path + Part, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0, useAsync: true))
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

    async Task<EntityTagHeaderValue?> TryAsync(
        HubModel model, HubFile file, FileStream part, EntityTagHeaderValue? tag, Action<long> received, CancellationToken cancellationToken)
    {
        if (part.Length > file.Size)
        {
            Restart(part, received);
        }

        if (part.Length < file.Size)
        {
            tag = await ReceiveAsync(model, file, part, tag, received, cancellationToken);
        }

        part.Position = 0;
        if (!await file.MatchesAsync(part, cancellationToken))
        {
            Restart(part, received);
            throw new TransientHubException($"{file.Name} of {model.Id} does not match the digest that the Hub lists for it.");
        }

        return tag;
    }

    async Task<EntityTagHeaderValue?> ReceiveAsync(
        HubModel model, HubFile file, FileStream part, EntityTagHeaderValue? tag, Action<long> received, CancellationToken cancellationToken)
    {
        using var idle = new IdleTimeout(options.Value.TryTimeout, time, cancellationToken);
        using var response = await idle.WaitAsync(token => hub.OpenAsync(model, file, part.Length, tag, token));
        if (!Continues(response, part.Length, file.Size))
        {
            Restart(part, received);
        }

        var isPartial = response.StatusCode == HttpStatusCode.PartialContent;
        if ((response.StatusCode != HttpStatusCode.OK && !isPartial)
            || (part.Length == 0 && isPartial && response.Content.Headers.ContentRange?.From != 0))
        {
            throw new TransientHubException($"The Hub did not send the requested range of {file.Name} of {model.Id} ({(int)response.StatusCode}).");
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
                throw new TransientHubException($"The Hub sent more than the {file.Size} bytes that it lists for {file.Name} of {model.Id}.");
            }

            await part.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
            idle.Renew(); // time spent writing to a slow disk is not the Hub's
            received(read);
        }

        return part.Length == file.Size
            ? response.Headers.ETag
            : throw new TransientHubException($"The Hub sent only {part.Length} of {file.Size} bytes of {file.Name} of {model.Id}.");
    }

    /// <summary>Whether the response continues the partial file.</summary>
    static bool Continues(HttpResponseMessage response, long from, long size) =>
        from == 0
        || (response.StatusCode == HttpStatusCode.PartialContent
            && response.Content.Headers.ContentRange is { } range && range.From == from && (range.Length is null || range.Length == size));

    static void Restart(FileStream part, Action<long> received)
    {
        received(-part.Length);
        part.SetLength(0);
    }
}
