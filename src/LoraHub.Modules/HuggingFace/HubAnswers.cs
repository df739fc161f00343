namespace LoraHub.Modules.HuggingFace;

/// <summary>Turns the Hub's error responses into messages for a person.</summary>
static class HubAnswers
{
    static readonly string[] QuotaWords = ["storage", "quota"];

    /// <param name="what">The requested resource.</param>
    /// <param name="hasToken">Whether the request carried a token.</param>
    public static HubException Refusal(HttpResponseMessage response, HubResource what, bool hasToken, TimeProvider time)
    {
        var code = response.Headers.TryGetValues("X-Error-Code", out var codes) ? codes.FirstOrDefault() : null;
        var status = (int)response.StatusCode;
        return (status, code) switch
        {
            (401 or 403, "GatedRepo") => Gated(what, hasToken),
            (_, "RevisionNotFound") => new HubException($"{what.Id} has no revision {what.Revision}."),
            (_, "EntryNotFound") => new HubException($"{what.Id} has no file {what.File} at revision {what.Revision}."),
            (401, _) or (404, "RepoNotFound") or (404, null) => Missing(what, hasToken),
            (403, _) => new HubException($"The Hub denied access to {what}{(hasToken ? "; the token needs read permission for it" : "")} (403)."),
            (408 or 429 or >= 500, _) => Transient(response, time),
            _ => new HubException($"The Hub answered {status} to the request for {what}."),
        };
    }

    /// <summary>The error response to a request that creates a model or changes its files.</summary>
    public static HubException WriteRefusal(HttpResponseMessage response, HubResource what, TimeProvider time)
    {
        var message = response.Headers.TryGetValues("X-Error-Message", out var messages) ? messages.FirstOrDefault() : null;
        return (int)response.StatusCode switch
        {
            401 => new HubException($"The Hub does not accept the token: set HF_TOKEN (or Hub:Token) to one with write permission for {what.Id}."),
            402 or 507 => Quota(what),
            403 or 413 when IsQuota(message) => Quota(what),
            403 => new HubException(
                $"The Hub denied writing to {what.Id} (403): the token needs write permission, and its owner must be `{what.Owner}` or a member."),
            404 => Missing(what, hasToken: true),
            409 or 412 => new HubConflictException($"{what.Id} changed while it was being written ({(int)response.StatusCode}). Try again."),
            408 or 429 or >= 500 => Transient(response, time),
            400 or 422 => new HubException(
                $"The Hub rejected the files of {what.Id} ({(int)response.StatusCode}); check the name and the front matter of README.md."),
            var status => new HubException($"The Hub answered {status} to an upload to {what.Id}."),
        };
    }

    /// <summary>The error response of the storage that an upload URL belongs to.</summary>
    public static HubException StorageRefusal(HttpResponseMessage response, string file, TimeProvider time) => (int)response.StatusCode switch
    {
        401 or 403 or 404 or 410 => new ExpiredUploadException(
            $"The Hub's storage denied {file} ({(int)response.StatusCode}), although its upload URL is new."),
        408 or 429 or >= 500 => Transient(response, time),
        var status => new HubException($"The Hub's storage answered {status} to the upload of {file}."),
    };

    /// <summary>The error that the Hub gives for one file in a Git LFS batch.</summary>
    public static HubException FileRefusal(HubResource what, int code, string? message) =>
        code is 402 or 507 || IsQuota(message) ? Quota(what)
        : code is 408 or 429 or >= 500 ? new TransientHubException($"The Hub failed to prepare the upload of {what} ({code}).")
        : new HubException($"The Hub does not take {what} ({code}).");

    static bool IsQuota(string? message) =>
        message is not null && Array.Exists(QuotaWords, word => message.Contains(word, StringComparison.OrdinalIgnoreCase));

    static HubException Quota(HubResource what) => new(
        $"The storage of `{what.Owner}` on the Hub is full: delete files or repositories at {what.Endpoint}/{what.Owner}, or get more storage.");

    static TransientHubException Transient(HttpResponseMessage response, TimeProvider time)
    {
        var isLimit = response.StatusCode == System.Net.HttpStatusCode.TooManyRequests;
        return new TransientHubException(
            isLimit ? "The Hub limits the request rate (429)." : $"The Hub failed to answer ({(int)response.StatusCode}).",
            retryAfter: RetryAfter(response, time),
            isOutage: !isLimit);
    }

    static HubException Gated(HubResource what, bool hasToken) => new(
        $"{what.Id} is gated: request access at {what.Endpoint}/{what.Id}" +
        (hasToken ? "; the owner of this token has no access yet." : ", then set HF_TOKEN (or Hub:Token) to your token."));

    /// <summary>Without access, the Hub answers the same for a private model as for one that does not exist.</summary>
    static MissingHubModelException Missing(HubResource what, bool hasToken) => new(
        hasToken
            ? $"{what} does not exist on {what.Endpoint}, or the owner of this token has no access to it, or the token is no longer valid."
            : $"{what} does not exist on {what.Endpoint}, or it is private: set HF_TOKEN (or Hub:Token) to a token with access to it.");

    static TimeSpan? RetryAfter(HttpResponseMessage response, TimeProvider time) => response.Headers.RetryAfter switch
    {
        { Delta: { } delta } => delta,
        { Date: { } date } => date - time.GetUtcNow() is var left && left > TimeSpan.Zero ? left : TimeSpan.Zero,
        _ => null,
    };
}

/// <summary>A resource that is requested from the Hub.</summary>
sealed record HubResource(string Endpoint, string Id, string Revision = "main", string? File = null)
{
    public string Owner => Id[..Id.IndexOf('/', StringComparison.Ordinal)];

    public override string ToString() => File is null ? Id : $"{File} of {Id}";
}
