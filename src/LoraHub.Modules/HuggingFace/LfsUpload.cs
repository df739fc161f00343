using System.Text.Json.Nodes;

namespace LoraHub.Modules.HuggingFace;

/// <summary>Uploads a file's content to the Hub's Git LFS, in one request or in parts as the Hub says. What the Hub has is not sent again.</summary>
sealed class LfsUpload(HubUploads uploads, HubExchange exchange, HubRetries retries, TimeProvider time)
{
    /// <param name="digest">SHA-256 of the file.</param>
    /// <param name="sent">Called with the number of bytes sent; negative when they must be sent again.</param>
    /// <returns>The number of bytes that were sent: the file's size, or 0 if the Hub had it.</returns>
    /// <exception cref="HubException">The upload failed.</exception>
    public Task<long> UploadAsync(string id, PushFile file, string digest, Action<long> sent, CancellationToken cancellationToken)
    {
        var tracked = new Tracked(sent);
        return retries.RunAsync(
            async token =>
            {
                // Each attempt asks again: upload URLs expire, and an earlier attempt may have arrived although its response was lost.
                if (await uploads.PrepareAsync(id, file, digest, token) is { } actions)
                {
                    tracked.Undo();
                    await TryAsync(id, file, digest, actions, tracked, token);
                }

                return tracked.Bytes;
            },
            cancellationToken);
    }

    async Task TryAsync(string id, PushFile file, string digest, LfsActions actions, Tracked tracked, CancellationToken cancellationToken)
    {
        try
        {
            await SendAsync(id, file, digest, actions, tracked, cancellationToken);
        }
        catch (ExpiredUploadException exception)
        {
            throw new TransientHubException(exception.Message, exception, isOutage: false);
        }
    }

    async Task SendAsync(string id, PushFile file, string digest, LfsActions actions, Tracked tracked, CancellationToken cancellationToken)
    {
        if (actions.Parts.Count == 0)
        {
            await PutAsync(file, actions.Upload, actions.Headers, from: 0, file.Size, tracked.Add, cancellationToken);
        }
        else
        {
            var tags = new JsonArray();
            foreach (var url in actions.Parts)
            {
                var tag = await PutPartAsync(file, url, tags.Count * actions.PartBytes, actions.PartBytes, tracked, cancellationToken);
                tags.Add(new JsonObject { ["partNumber"] = tags.Count + 1, ["etag"] = tag });
            }

            await uploads.ConfirmAsync(id, actions.Upload, new JsonObject { ["oid"] = digest, ["parts"] = tags }, cancellationToken);
        }

        if (actions.Verify is { } verify)
        {
            await uploads.ConfirmAsync(id, verify, new JsonObject { ["oid"] = digest, ["size"] = file.Size }, cancellationToken);
        }
    }

    /// <summary>Sends a part and retries it alone, so that the parts before it are not sent again.</summary>
    /// <returns>The storage's tag of the part.</returns>
    async Task<string> PutPartAsync(PushFile file, Uri url, long from, long most, Tracked tracked, CancellationToken cancellationToken)
    {
        try
        {
            return await retries.RunAsync(
                async token =>
                {
                    var part = new Tracked(tracked.Add);
                    try
                    {
                        return await PutAsync(
                            file, url, new Dictionary<string, string>(), from, Math.Min(most, file.Size - from), part.Add, token)
                            ?? throw new HubException($"The Hub's storage gave no tag for a part of {file.Name}.");
                    }
                    catch
                    {
                        part.Undo();
                        throw;
                    }
                },
                cancellationToken);
        }
        catch (TransientHubException exception)
        {
            throw new HubException(exception.Message, exception); // the part has used up its retries; the file is not retried as a whole
        }
    }

    /// <returns>The storage's tag, or null.</returns>
    async Task<string?> PutAsync(
        PushFile file,
        Uri url,
        IReadOnlyDictionary<string, string> headers,
        long from,
        long count,
        Action<long> sent,
        CancellationToken cancellationToken)
    {
        var response = await exchange.SendAsync(
            idle => new HubCall(HttpMethod.Put, url, () => new HubFileContent(file.Open, from, count, idle, sent), request =>
            {
                foreach (var (name, value) in headers)
                {
                    request.TryAddWithoutValidation(name, value);
                }
            }),
            refused => HubAnswers.StorageRefusal(refused, file.Name, time),
            cancellationToken);
        return response.EntityTag;
    }

    /// <summary>Counts the bytes of an attempt, so that a failed one can be taken back.</summary>
    sealed class Tracked(Action<long> report)
    {
        public long Bytes { get; private set; }

        public void Add(long bytes)
        {
            Bytes += bytes;
            report(bytes);
        }

        public void Undo() => Add(-Bytes);
    }
}
