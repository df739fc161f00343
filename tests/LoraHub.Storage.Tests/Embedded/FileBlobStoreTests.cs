using LoraHub.Core;
using LoraHub.Core.Predictions;
using LoraHub.Storage.Embedded;
using LoraHub.Storage.Tests.Contracts;
using Microsoft.Extensions.Options;

namespace LoraHub.Storage.Tests.Embedded;

public sealed class FileBlobStoreTests : BlobStoreContract, IDisposable
{
    readonly string _folder = Directory.CreateTempSubdirectory("lorahub-").FullName;

    public FileBlobStoreTests() => Blobs = new FileBlobStore(Options.Create(new DataOptions { Path = _folder }), TimeProvider.System);

    protected override IBlobStore Blobs { get; }

    [Fact]
    public async Task An_interrupted_put_leaves_nothing_behind()
    {
        await Assert.ThrowsAsync<IOException>(() => Blobs.PutAsync(new BrokenStream(), TestContext.Current.CancellationToken));

        Assert.Empty(Directory.EnumerateFiles(_folder, "*", SearchOption.AllDirectories));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <summary>Gives some bytes, then fails.</summary>
    sealed class BrokenStream : MemoryStream
    {
        int _reads;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            _reads++ == 0 ? ValueTask.FromResult(100) : throw new IOException("The disk is gone.");
    }
}
