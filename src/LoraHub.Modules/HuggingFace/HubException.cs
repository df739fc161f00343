namespace LoraHub.Modules.HuggingFace;

/// <summary>A request to the Hub failed; the message names the cause and the remedy. It never contains a token or text from the Hub.</summary>
class HubException(string message, Exception? innerException = null) : Exception(message, innerException);

/// <summary>A transient error: the request is retried.</summary>
/// <param name="retryAfter">The <c>Retry-After</c> of the response, or null.</param>
/// <param name="isOutage">Whether the Hub seems to be down, rather than to limit our request rate.</param>
sealed class TransientHubException(string message, Exception? innerException = null, TimeSpan? retryAfter = null, bool isOutage = true)
    : HubException(message, innerException)
{
    public TimeSpan? RetryAfter => retryAfter;

    public bool IsOutage => isOutage;
}

/// <summary>The Hub has no such model, or does not show it to the token's owner.</summary>
sealed class MissingHubModelException(string message) : HubException(message);

/// <summary>The model exists already, or changed since its files were read.</summary>
sealed class HubConflictException(string message) : HubException(message);

/// <summary>An upload URL is no longer valid; the Hub issues new ones.</summary>
sealed class ExpiredUploadException(string message) : HubException(message);
