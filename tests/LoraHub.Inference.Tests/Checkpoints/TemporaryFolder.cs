namespace LoraHub.Inference.Tests.Checkpoints;

/// <summary>A folder of a test's own, gone with it.</summary>
sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("lorahub-checkpoints-").FullName;

    public string File(string name) => System.IO.Path.Combine(Path, name);

    public string File(string name, byte[] content)
    {
        System.IO.File.WriteAllBytes(File(name), content);

        return File(name);
    }

    public string File(string name, string content)
    {
        System.IO.File.WriteAllText(File(name), content);

        return File(name);
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
