using System.Text.Json;
using LoraHub.Modules.Folders;
using LoraHub.Modules.Versions;

namespace LoraHub.Storage.Distributed.Modules;

/// <summary>The modules in the models folder, each with a mark of its state when it was last compared with the published one.</summary>
sealed class LocalModules(LibraryFolder folder, VersionStore store, StoredFiles stored)
{
    static readonly EnumerationOptions Readable = new() { IgnoreInaccessible = true, AttributesToSkip = FileAttributes.None };

    /// <summary>The ids of the folders that hold a module's files.</summary>
    public IReadOnlyList<string> List() => [.. Ids(folder.Root).Where(id => VersionFolder.IsModule(folder.FolderOf(id)))];

    /// <summary>The ids of modules that were removed here and whose removal is not published yet.</summary>
    public IReadOnlyList<string> Removals() => [.. Ids(folder.Removals)];

    public void ForgetRemoval(string id) => File.Delete(folder.RemovalOf(id));

    public bool Has(string id) => VersionFolder.IsModule(folder.FolderOf(id));

    /// <summary>Changes whenever a file of the current version is written, added or deleted.</summary>
    public string StampOf(string id) => VersionFolder.Stamp(folder.FolderOf(id));

    /// <summary>The same for the earlier versions.</summary>
    public string EarlierStampOf(string id) =>
        string.Join('\n', folder.EarlierVersions(id).Select(version => $"{Path.GetFileName(version)} {VersionFolder.Stamp(version)}"));

    public string PathOf(string id, string digest, string currentDigest, string file) =>
        Path.Combine(digest == currentDigest ? folder.FolderOf(id) : folder.VersionOf(id, digest), file);

    /// <summary>Reads all files of a module from their start to their end.</summary>
    public ModuleManifest Read(string id)
    {
        var files = ReadFolder(folder.FolderOf(id));
        var earlier = new List<EarlierVersion>();
        foreach (var version in folder.EarlierVersions(id).Where(VersionFolder.IsModule))
        {
            var read = ReadFolder(version);
            if (ModuleFiles.Digest(read) == Path.GetFileName(version)) // a modified version is not published
            {
                earlier.Add(new EarlierVersion(read));
            }
        }

        return new ModuleManifest(id, files, earlier.Count > 0 ? earlier : null);
    }

    /// <returns>Null when the module was never compared with the published one, or the mark is gone.</returns>
    public ModuleMark? FindMark(string id)
    {
        try
        {
            var mark = StoredJson.Read<ModuleMark>(File.ReadAllBytes(Path.Combine(folder.FolderOf(id), VersionStore.PublishedMark)));
            return mark.Version?.Problem() is null ? mark : null;
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException or JsonException)
        {
            return null;
        }
    }

    public void Mark(string id, ModuleMark mark) => Write(folder.FolderOf(id), mark);

    /// <summary>
    /// Makes what is published what is here, once all files of a version have come as the manifest says. Whoever has the old files open reads on.
    /// </summary>
    /// <param name="mark">Of what is here, or null.</param>
    /// <exception cref="InvalidDataException">A file is not what the manifest says; its version has not changed.</exception>
    public async Task TakeAsync(
        ModuleManifest module, ModuleMark? mark, Func<ModuleFile, Stream, CancellationToken, Task> get, CancellationToken cancellationToken)
    {
        if (mark is null || !mark.Version.Files.SequenceEqual(module.Files))
        {
            using var incoming = await FetchAsync(module.Files, get, cancellationToken);
            // The earlier versions follow; until then the mark covers only the current one.
            Write(incoming.Path, new ModuleMark(module with { Earlier = null }, VersionFolder.Stamp(incoming.Path)));
            await store.PutAsync(module.Id, incoming.Path, ModuleFiles.Digest(module.Files), cancellationToken);
        }

        foreach (var version in module.Earlier ?? [])
        {
            var digest = ModuleFiles.Digest(version.Files);
            if (!Directory.Exists(folder.VersionOf(module.Id, digest)) || mark?.Version.Earlier?.Contains(version) != true)
            {
                using var incoming = await FetchAsync(version.Files, get, cancellationToken);
                await store.KeepAsync(module.Id, incoming.Path, digest, cancellationToken);
            }
        }

        Mark(module.Id, new ModuleMark(module, StampOf(module.Id), EarlierStampOf(module.Id)));
    }

    /// <summary>Removes a module that another process removed.</summary>
    public Task RemoveAsync(string id, CancellationToken cancellationToken) => store.RemoveAnnouncedAsync(id, cancellationToken);

    async Task<IncomingFolder> FetchAsync(
        IReadOnlyList<ModuleFile> files, Func<ModuleFile, Stream, CancellationToken, Task> get, CancellationToken cancellationToken)
    {
        var incoming = store.Begin();
        try
        {
            foreach (var file in files)
            {
                await WriteAsync(file, Path.Combine(incoming.Path, file.Name), get, cancellationToken);
            }

            store.Prepare(incoming.Path, [.. files.Where(file => ModuleFiles.IsNumbers(file.Name))]);
            return incoming;
        }
        catch
        {
            incoming.Dispose();
            throw;
        }
    }

    async Task WriteAsync(ModuleFile file, string path, Func<ModuleFile, Stream, CancellationToken, Task> get, CancellationToken cancellationToken)
    {
        if (stored.TryLinkTo(file, path))
        {
            return;
        }

        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Options = FileOptions.Asynchronous };
        await using (var content = new FileStream(path, options))
        {
            await get(file, content, cancellationToken);
        }

        if (!ModuleFile.Read(path, file.Name).Equals(file))
        {
            throw new InvalidDataException($"its {file.Name} does not match the published one.");
        }
    }

    static IReadOnlyList<ModuleFile> ReadFolder(string version) =>
        [.. VersionFolder.FilesIn(version).Select(file => ModuleFile.Read(file.FullName, file.Name))];

    static IEnumerable<string> Ids(string root) => !Directory.Exists(root) ? [] : Directory.EnumerateDirectories(root, "*", Readable)
        .SelectMany(owner => Directory.EnumerateFileSystemEntries(owner, "*", Readable))
        .Select(entry => $"{Path.GetFileName(Path.GetDirectoryName(entry))}/{Path.GetFileName(entry)}")
        .Where(ModelId.IsValid);

    static void Write(string folder, ModuleMark mark)
    {
        var path = Path.Combine(folder, VersionStore.PublishedMark);
        File.WriteAllBytes($"{path}.new", StoredJson.Write(mark));
        File.Move($"{path}.new", path, overwrite: true);
    }
}

/// <param name="Version">What was here.</param>
/// <param name="Stamp">The folder's stamp then: while it has this one, it need not be read.</param>
/// <param name="EarlierStamp">The same for the earlier versions; null when they were not looked at.</param>
sealed record ModuleMark(ModuleManifest Version, string Stamp, string? EarlierStamp = null);
