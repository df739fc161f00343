namespace LoraHub.Modules.HuggingFace;

/// <summary>What an answer that is no success means, for a person.</summary>
static class HubAnswers
{
    /// <param name="what">Was asked for.</param>
    /// <param name="hasToken">Whether a token went along.</param>
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
            (403, _) => new HubException($"The hub forbids {what}{(hasToken ? " to this token; it needs the right to read it" : "")} (403)."),
            (408 or 429 or >= 500, _) => new TransientHubException(
                status == 429 ? "The hub asks for fewer requests (429)." : $"The hub is in trouble ({status}).", retryAfter: RetryAfter(response, time), isTrouble: status != 429),
            _ => new HubException($"The hub answered {status} to {what}."),
        };
    }

    static HubException Gated(HubResource what, bool hasToken) => new(
        $"{what.Id} is gated: ask for access at {what.Endpoint}/{what.Id}" +
        (hasToken ? "; the owner of this token has none yet." : ", then set HF_TOKEN (or Hub:Token) to your token."));

    /// <summary>The hub does not tell strangers what is private from what is not there.</summary>
    static HubException Missing(HubResource what, bool hasToken) => new(
        hasToken
            ? $"{what} is not on {what.Endpoint}, or the owner of this token may not see it, or the token is no longer valid."
            : $"{what} is not on {what.Endpoint}, or it is private: HF_TOKEN (or Hub:Token) may hold the token of someone who can see it.");

    static TimeSpan? RetryAfter(HttpResponseMessage response, TimeProvider time) => response.Headers.RetryAfter switch
    {
        { Delta: { } delta } => delta,
        { Date: { } date } => date - time.GetUtcNow() is var left && left > TimeSpan.Zero ? left : TimeSpan.Zero,
        _ => null,
    };
}

/// <summary>What the hub is asked for.</summary>
sealed record HubResource(string Endpoint, string Id, string Revision = "main", string? File = null)
{
    public override string ToString() => File is null ? Id : $"{File} of {Id}";
}
