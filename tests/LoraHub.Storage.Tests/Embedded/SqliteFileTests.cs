using LoraHub.Storage.Embedded;

namespace LoraHub.Storage.Tests.Embedded;

/// <summary>When the records' file is unusable, the start fails with the reason and deletes nothing.</summary>
public sealed class SqliteFileTests
{
    [Fact]
    public async Task A_second_process_on_the_folder_refuses_to_start()
    {
        await using var engine = await EmbeddedEngine.StartAsync();
        await using var second = engine.NewServices();

        var refusal = await Assert.ThrowsAsync<InvalidOperationException>(() => EmbeddedEngine.OpenAsync(second));

        Assert.Contains("is in use by another lorahub", refusal.Message);
        await engine.CreateAsync();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(4096)]
    public async Task A_damaged_file_stops_the_start_and_stays_as_it_is(int at)
    {
        await using var engine = await EmbeddedEngine.StartAsync();
        await engine.CreateAsync();
        await using var next = await DamageAsync(engine, at);
        var damaged = await File.ReadAllBytesAsync(Path.Combine(engine.DataPath, SqliteFile.Name), TestContext.Current.CancellationToken);

        var refusal = await Assert.ThrowsAsync<InvalidOperationException>(() => EmbeddedEngine.OpenAsync(next));

        Assert.Contains("is damaged. Nothing was changed. Put a backup in its place", refusal.Message);
        Assert.Equal(damaged, await File.ReadAllBytesAsync(Path.Combine(engine.DataPath, SqliteFile.Name), TestContext.Current.CancellationToken));
    }

    /// <summary>Ends the engine's process, overwrites a page of its file with zeros, and returns the next process.</summary>
    static async Task<Microsoft.Extensions.DependencyInjection.ServiceProvider> DamageAsync(EmbeddedEngine engine, int at)
    {
        await ((IAsyncDisposable)engine.Services).DisposeAsync();
        await using var file = File.OpenWrite(Path.Combine(engine.DataPath, SqliteFile.Name));
        file.Position = at;
        file.Write(new byte[4096]);
        return engine.NewServices();
    }
}
