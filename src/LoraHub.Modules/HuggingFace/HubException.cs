namespace LoraHub.Modules.HuggingFace;

/// <summary>The hub does not give what it is asked for; the message says why and what would help. It holds nothing that the hub wrote, and no token.</summary>
class HubException(string message, Exception? innerException = null) : Exception(message, innerException);

/// <summary>The same request may get another answer later.</summary>
/// <param name="retryAfter">What the hub asks to wait, or null.</param>
/// <param name="isTrouble">Whether the hub seems to be down, rather than to be busy with us.</param>
sealed class TransientHubException(string message, Exception? innerException = null, TimeSpan? retryAfter = null, bool isTrouble = true) : HubException(message, innerException)
{
    public TimeSpan? RetryAfter => retryAfter;

    public bool IsTrouble => isTrouble;
}
