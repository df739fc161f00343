using LoraHub.Core;
using LoraHub.Storage.Embedded;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace LoraHub.Storage.Tests.Embedded;

public sealed class FileKeyTests : IDisposable
{
    readonly string _folder = Directory.CreateTempSubdirectory("lorahub-").FullName;

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_key_is_made_at_first_use_and_stays()
    {
        var key = Keys().KeyOf(KeyNames.Stream);
        var next = Keys();
        await next.StartAsync(Cancellation);

        Assert.Equal(32, key.Length);
        Assert.Equal(key, next.KeyOf(KeyNames.Stream));
        Assert.NotEqual(key, next.KeyOf(KeyNames.Files));
        Assert.Equal(["files.key", "stream.key"], Directory.EnumerateFiles(_folder).Select(Path.GetFileName).Order());
    }

    [Theory]
    [InlineData(KeyNames.Stream, 0)]
    [InlineData(KeyNames.Files, 0)]
    [InlineData(KeyNames.Webhook, 0)]
    [InlineData(KeyNames.Stream, 31)]
    [InlineData(KeyNames.Stream, 33)]
    [InlineData(KeyNames.Stream, 32)] // zeros, as after a power cut
    public async Task A_damaged_key_stops_the_start_and_is_never_used(string name, int length)
    {
        var path = Path.Combine(_folder, $"{name}.key");
        await File.WriteAllBytesAsync(path, new byte[length], Cancellation);

        var exception = await Assert.ThrowsAsync<InvalidOperationException>(() => Keys().StartAsync(Cancellation));

        Assert.Contains($"The key file {path} is damaged: it has {length} bytes", exception.Message, StringComparison.Ordinal);
        Assert.Throws<InvalidOperationException>(() => Keys().KeyOf(name));
        Assert.Equal(new byte[length], await File.ReadAllBytesAsync(path, Cancellation));
    }

    [Fact]
    public async Task The_engine_checks_its_keys_at_the_start()
    {
        await using var engine = await EmbeddedEngine.StartAsync();

        Assert.Contains(engine.Services.GetServices<Microsoft.Extensions.Hosting.IHostedService>(), service => service is FileKeys);
    }

    FileKeys Keys() => new(Options.Create(new DataOptions { Path = _folder }));
}
