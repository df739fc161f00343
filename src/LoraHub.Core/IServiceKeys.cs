namespace LoraHub.Core;

/// <summary>The service's own secrets, shared by all processes of a deployment.</summary>
public interface IServiceKeys
{
    /// <param name="name">The key's purpose, one of <see cref="KeyNames"/>.</param>
    /// <returns>32 random bytes, the same on every call with this name.</returns>
    /// <exception cref="StorageUnavailableException">The keys have not been read yet.</exception>
    byte[] KeyOf(string name);
}

/// <summary>What the keys are for. The names are a part of stored data: they must never change.</summary>
public static class KeyNames
{
    public const string Files = "files", Pages = "pages", Stream = "stream", Webhook = "webhook";

    public static readonly IReadOnlyList<string> All = [Files, Pages, Stream, Webhook];
}
