using LoraHub.Core.Predictions;

namespace LoraHub.Api.Predictions;

static class BlobFiles
{
    /// <summary>Stores a file.</summary>
    /// <returns>Its digest.</returns>
    public static async Task<string> PutFileAsync(this IBlobStore blobs, string path, CancellationToken cancellationToken)
    {
        await using var file = File.OpenRead(path);
        return await blobs.PutAsync(file, cancellationToken);
    }
}
