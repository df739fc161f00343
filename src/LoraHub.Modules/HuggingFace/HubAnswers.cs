namespace LoraHub.Modules.HuggingFace;

/// <summary>Turns the Hub's error responses into messages for a person.</summary>
static class HubAnswers
{
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
            (408 or 429 or >= 500, _) => new TransientHubException(
                status == 429 ? "The Hub limits the request rate (429)." : $"The Hub failed to answer ({status}).",
                retryAfter: RetryAfter(response, time),
                isOutage: status != 429),
            _ => new HubException($"The Hub answered {status} to the request for {what}."),
        };
    }

    static HubException Gated(HubResource what, bool hasToken) => new(
        $"{what.Id} is gated: request access at {what.Endpoint}/{what.Id}" +
        (hasToken ? "; the owner of this token has no access yet." : ", then set HF_TOKEN (or Hub:Token) to your token."));

    /// <summary>Without access, the Hub answers the same for a private model as for one that does not exist.</summary>
    static HubException Missing(HubResource what, bool hasToken) => new(
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
    public override string ToString() => File is null ? Id : $"{File} of {Id}";
}
