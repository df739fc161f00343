namespace LoraHub.Core;

/// <summary>
/// Storage is temporarily unavailable. Nothing has changed, and the caller may retry. The message is for the client and names no file or server.
/// </summary>
public sealed class StorageUnavailableException(string message, Exception? innerException = null) : Exception(message, innerException)
{
    /// <summary>Whether the storage is full.</summary>
    public bool IsFull { get; init; }
}
