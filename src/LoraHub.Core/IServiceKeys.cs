namespace LoraHub.Core;

/// <summary>The service's own secrets, shared by all processes of a deployment.</summary>
public interface IServiceKeys
{
    /// <param name="name">The key's purpose, a plain word.</param>
    /// <returns>32 random bytes, the same on every call with this name.</returns>
    /// <exception cref="StorageUnavailableException">The keys have not been read yet.</exception>
    byte[] KeyOf(string name);
}
