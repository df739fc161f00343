using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using LoraHub.Formats.Checkpoints;
using LoraHub.Formats.ModelConfig;
using LoraHub.Formats.Tensors;
using LoraHub.Modules.Versions;

namespace LoraHub.Modules.Folders;

/// <summary>The installed base models: their folders, digests and shapes, which are read once until the folder changes. Thread-safe.</summary>
/// <param name="defaultId">The base model whose modules are drawn if an input names none.</param>
public class BaseModels(SearchPath path, string defaultId)
{
    /// <summary>The digest of a missing model.</summary>
    static readonly string EmptyDigest = Convert.ToHexStringLower(SHA256.HashData([]));

    /// <summary>Files that do not affect what a model computes.</summary>
    static readonly string[] Prose = [".md", ".txt", ".gitattributes"];

    // By folder and stamp. Lazy, so that the gigabytes are read once although the served version and the inspection need the digest at the same time.
    readonly ConcurrentDictionary<string, Lazy<string>> _digests = new(StringComparer.Ordinal);
    readonly ConcurrentDictionary<string, BaseModelShapes> _shapes = new(StringComparer.Ordinal);

    volatile IReadOnlyList<string>? _kept;

    public string DefaultId { get; } = ModelId.Find(defaultId) ?? defaultId;

    /// <summary>
    /// The ids of all installed T5 models, ordered, as of the indexer's last check; without an indexer, those that are in the folders now.
    /// </summary>
    public virtual IReadOnlyList<string> Known => _kept ?? List();

    /// <summary>Whether the model is a T5 that is installed, as far as its configuration and the names of its files tell.</summary>
    public virtual bool IsInstalled(string id) => Find(id) is { } folder && IsModel(folder);

    /// <summary>The digest of an installed model; see <see cref="Digest"/>.</summary>
    /// <returns>Null if its files cannot be read.</returns>
    public virtual string? DigestOf(string id)
    {
        try
        {
            return Find(id) is { } folder ? Digest(folder) : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>The folder of a base model, or null if it is not installed. A module of the same name does not hide it.</summary>
    public string? Find(string id) => path.Folders(id).FirstOrDefault(folder => !VersionFolder.IsMeantAsModule(folder));

    /// <summary>
    /// The digest of the default model, also if it is missing: 64 hexadecimal digits. Reads the whole model, at 1 to 2 GB per second.
    /// </summary>
    public virtual string DefaultDigest()
    {
        try
        {
            return Find(DefaultId) is { } folder ? Digest(folder) : EmptyDigest;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return EmptyDigest; // the setup fails for the same reason, and reports it
        }
    }

    /// <summary>
    /// SHA-256 over the names, lengths and contents of the folder's files, ordered by name. Reads all files the first time, and again after a change.
    /// </summary>
    /// <returns>64 lower-case hexadecimal digits.</returns>
    public string Digest(string folder)
    {
        var key = $"{folder}|{Stamp(folder)}";
        var digest = _digests.GetOrAdd(key, _ => new Lazy<string>(() => Read(folder)));
        try
        {
            return digest.Value;
        }
        catch
        {
            _digests.TryRemove(KeyValuePair.Create(key, digest)); // the next call retries
            throw;
        }
    }

    /// <summary>Changes whenever a file in a model's folder is written, added or deleted.</summary>
    public static string Stamp(string folder) =>
        VersionFolder.StampOf(new DirectoryInfo(folder).EnumerateFiles().OrderBy(file => file.Name, StringComparer.Ordinal));

    /// <summary>The shapes that modules for a base model are checked against.</summary>
    /// <returns>Null if the model is not installed or cannot be read; its modules are not checked then.</returns>
    internal BaseModelShapes? FindShapes(string id)
    {
        if (Find(id) is not { } folder)
        {
            return null;
        }

        try
        {
            var stamp = Stamp(folder);
            if (!_shapes.TryGetValue(id, out var known) || known.Stamp != stamp)
            {
                _shapes[id] = known = new BaseModelShapes(stamp, Checkpoint.LocateModel(folder).Entries, Digest(folder));
            }

            return known;
        }
        catch (Exception exception) when (exception is CheckpointException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Updates <see cref="Known"/> from all folders.</summary>
    internal void Keep() => _kept = List();

    IReadOnlyList<string> List() => [.. path.All().Select(pair => pair.Id).Where(id => Find(id) is { } folder && IsModel(folder))];

    static bool IsModel(string folder)
    {
        if (!File.Exists(Path.Combine(folder, T5Config.File)) || !Checkpoint.IsModel(folder))
        {
            return false;
        }

        try
        {
            _ = T5Config.Load(folder);
            return true;
        }
        catch (Exception exception) when (exception is ModelException or IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    static string Read(string folder)
    {
        using var sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var files = new DirectoryInfo(folder).EnumerateFiles()
            .Where(file => !Prose.Contains(file.Extension, StringComparer.OrdinalIgnoreCase))
            .OrderBy(file => file.Name, StringComparer.Ordinal);
        foreach (var file in files)
        {
            Append(sha256, file);
        }

        return Convert.ToHexStringLower(sha256.GetHashAndReset());
    }

    static void Append(IncrementalHash sha256, FileInfo file)
    {
        using var content = file.OpenRead();
        var head = new byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(head, content.Length);
        sha256.AppendData(Encoding.UTF8.GetBytes(file.Name));
        sha256.AppendData([0]);
        sha256.AppendData(head);

        var buffer = new byte[1 << 20];
        int read;
        while ((read = content.Read(buffer)) > 0)
        {
            sha256.AppendData(buffer, 0, read);
        }
    }
}

/// <param name="Stamp">The stamp of the model's folder.</param>
/// <param name="Entries">All tensors of the model.</param>
/// <param name="Digest">See <see cref="BaseModels.Digest"/>.</param>
sealed record BaseModelShapes(string Stamp, IReadOnlyDictionary<string, TensorEntry> Entries, string Digest)
{
    /// <inheritdoc cref="T5Layers.ShapeOf"/>
    public IReadOnlyList<long>? ShapeOf(string layer) => T5Layers.ShapeOf(layer, Entries);
}
