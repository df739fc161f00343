using System.Security.Cryptography;
using System.Text.Json;
using LoraHub.Core;
using LoraHub.Core.Modules;
using Microsoft.Extensions.Options;

namespace LoraHub.Storage.Distributed;

/// <summary>The modules in <c>models/OWNER/NAME</c> of the data folder, each with a mark of the version that it had when it was last the published one.</summary>
sealed class LocalModules(IOptions<DataOptions> data)
{
    const string MarkName = ".published.json";

    static readonly EnumerationOptions Readable = new() { IgnoreInaccessible = true, AttributesToSkip = FileAttributes.None };

    static readonly TimeSpan LeftAfter = TimeSpan.FromHours(1);

    readonly string _root = Path.Combine(data.Value.Path, "models");
    readonly string _incoming = Path.Combine(data.Value.Path, "models", ".incoming"); // no owner's name begins with a dot

    /// <summary>The ids of the folders that hold a module's files.</summary>
    public IReadOnlyList<string> List() => !Directory.Exists(_root) ? [] :
    [
        .. Directory.EnumerateDirectories(_root, "*", Readable)
            .SelectMany(owner => Directory.EnumerateDirectories(owner, "*", Readable))
            .Where(ModuleManifest.IsModule)
            .Select(folder => $"{Path.GetFileName(Path.GetDirectoryName(folder))}/{Path.GetFileName(folder)}")
            .Where(ModelId.IsValid),
    ];

    public string FolderOf(string id) => Path.Combine(_root, id);

    /// <summary>Differs whenever a file of the module was written, came or went.</summary>
    public string StampOf(string id) => Stamp(FolderOf(id));

    /// <returns>Null when the module was never the published one, or the mark is gone.</returns>
    public ModuleMark? FindMark(string id)
    {
        try
        {
            var mark = StoredJson.Read<ModuleMark>(File.ReadAllBytes(Path.Combine(FolderOf(id), MarkName)));
            return mark.Version?.Problem() is null ? mark : null;
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException or JsonException)
        {
            return null;
        }
    }

    public void Mark(string id, ModuleMark mark) => Write(FolderOf(id), mark);

    /// <summary>Puts a version in the place of what is there, once all of its files have come as the manifest says. Whoever has the old files open reads on.</summary>
    /// <exception cref="InvalidDataException">A file is not what the manifest says; nothing has changed.</exception>
    public async Task ReplaceAsync(ModuleManifest version, Func<ModuleFile, Stream, CancellationToken, Task> get, CancellationToken cancellationToken)
    {
        RemoveLeftovers();
        var incoming = Directory.CreateDirectory(Path.Combine(_incoming, Path.GetRandomFileName())).FullName;
        var old = Path.Combine(_incoming, Path.GetRandomFileName());
        try
        {
            foreach (var file in version.Files)
            {
                await WriteAsync(file, Path.Combine(incoming, file.Name), get, cancellationToken);
            }

            Write(incoming, new ModuleMark(version, Stamp(incoming)));
            var folder = FolderOf(version.Id);
            Directory.CreateDirectory(Path.GetDirectoryName(folder)!);
            if (Directory.Exists(folder))
            {
                Directory.Move(folder, old);
            }

            Directory.Move(incoming, folder);
        }
        finally
        {
            Remove(incoming);
            Remove(old);
        }
    }

    static async Task WriteAsync(ModuleFile file, string path, Func<ModuleFile, Stream, CancellationToken, Task> get, CancellationToken cancellationToken)
    {
        await using var content = new FileStream(path, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.ReadWrite,
            Options = FileOptions.Asynchronous,
        });
        await get(file, content, cancellationToken);
        content.Position = 0;
        if (content.Length != file.Size || Convert.ToHexStringLower(await SHA256.HashDataAsync(content, cancellationToken)) != file.Sha256)
        {
            throw new InvalidDataException($"its {file.Name} did not come as it was published.");
        }

        content.Flush(flushToDisk: true);
    }

    static string Stamp(string folder) =>
        string.Join('|', ModuleManifest.FilesIn(folder).Select(file => $"{file.Name}:{file.Length}:{file.LastWriteTimeUtc.Ticks}"));

    static void Write(string folder, ModuleMark mark)
    {
        var path = Path.Combine(folder, MarkName);
        File.WriteAllBytes($"{path}.new", StoredJson.Write(mark));
        File.Move($"{path}.new", path, overwrite: true);
    }

    /// <summary>What a killed process left.</summary>
    void RemoveLeftovers()
    {
        foreach (var left in new DirectoryInfo(Directory.CreateDirectory(_incoming).FullName).EnumerateDirectories())
        {
            if (TimeProvider.System.GetUtcNow().UtcDateTime - left.LastWriteTimeUtc > LeftAfter)
            {
                Remove(left.FullName);
            }
        }
    }

    static void Remove(string folder)
    {
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}

/// <param name="Version">What the folder held.</param>
/// <param name="Stamp">The folder's stamp then: while it has this one, it need not be read.</param>
sealed record ModuleMark(ModuleManifest Version, string Stamp);
