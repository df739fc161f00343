namespace LoraHub.Core;

/// <summary>What should be stored or read cannot be now; nothing has changed, and it may be tried again. The message is for the client: it names no file and no server.</summary>
public sealed class StorageUnavailableException(string message, Exception? innerException = null) : Exception(message, innerException)
{
    /// <summary>Whether it is room that is missing.</summary>
    public bool IsFull { get; init; }
}
