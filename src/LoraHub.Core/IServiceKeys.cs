namespace LoraHub.Core;

/// <summary>The service's own secrets, the same ones for all processes of a deployment.</summary>
public interface IServiceKeys
{
    /// <param name="name">What the key is for, a plain word.</param>
    /// <returns>32 random bytes, always the same ones for a name.</returns>
    /// <exception cref="StorageUnavailableException">They are not known yet.</exception>
    byte[] KeyOf(string name);
}
