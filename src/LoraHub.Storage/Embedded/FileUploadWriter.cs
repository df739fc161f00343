using System.Security.Cryptography;
using System.Text.Json;
using LoraHub.Core.Uploads;

namespace LoraHub.Storage.Embedded;

/// <summary>Writes an upload's folder under a temporary name; the store renames it on completion.</summary>
sealed class FileUploadWriter(FileUploadStore store, string folder) : IUploadWriter
{
    readonly IncrementalHash _sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    readonly IncrementalHash _md5 = IncrementalHash.CreateHash(HashAlgorithmName.MD5);
    readonly FileStream _content = Create(Path.Combine(folder, UploadFolders.Content));
    long _size;
    bool _isComplete;

    public async Task<bool> WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        if (!store.TryReserve(bytes.Length))
        {
            return false;
        }

        _size += bytes.Length;
        _sha256.AppendData(bytes.Span);
        _md5.AppendData(bytes.Span);
        await _content.WriteAsync(bytes, cancellationToken);
        return true;
    }

    public async Task<Upload> CompleteAsync(UploadDetails details, CancellationToken cancellationToken)
    {
        _content.Flush(flushToDisk: true); // before the rename: a power cut must not lose the content of a named file
        await _content.DisposeAsync();
        var upload = store.Describe(
            details, _size, Convert.ToHexStringLower(_sha256.GetHashAndReset()), Convert.ToHexStringLower(_md5.GetHashAndReset()));
        await using (var record = Create(Path.Combine(folder, UploadFolders.Record)))
        {
            await JsonSerializer.SerializeAsync(record, upload, cancellationToken: cancellationToken);
            record.Flush(flushToDisk: true);
        }

        store.Add(upload, folder);
        _isComplete = true;
        return upload;
    }

    public async ValueTask DisposeAsync()
    {
        _sha256.Dispose();
        _md5.Dispose();
        try
        {
            await _content.DisposeAsync(); // writes what it has buffered, which fails on a full disk
        }
        finally
        {
            if (!_isComplete)
            {
                store.Folders.TryRemove(folder);
                store.Release(_size + FileUploadStore.Overhead);
            }
        }
    }

    static FileStream Create(string path) => new(path, new FileStreamOptions
    {
        Mode = FileMode.CreateNew,
        Access = FileAccess.Write,
        Options = FileOptions.Asynchronous,
    });
}
