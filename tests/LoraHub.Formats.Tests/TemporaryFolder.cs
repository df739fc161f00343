namespace LoraHub.Formats.Tests;

/// <summary>A folder that is deleted with its test.</summary>
sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("lorahub-formats-").FullName;

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
