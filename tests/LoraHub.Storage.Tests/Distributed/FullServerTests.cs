using System.Text.Json;
using LoraHub.Core;
using LoraHub.Core.Predictions;
using LoraHub.Core.Uploads;
using LoraHub.Storage.Distributed;
using Microsoft.Extensions.DependencyInjection;

namespace LoraHub.Storage.Tests.Distributed;

/// <summary>
/// A NATS server whose storage is full: new predictions and files are refused, deletions make room, and everything goes on after them.
/// </summary>
public sealed class FullServerTests(NatsServer nats, PostgresServer postgres)
{
    const int Chunk = 1_000_000;

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_full_server_refuses_creations_and_files_until_a_file_is_deleted()
    {
        nats.UrlOrSkip();
        await using var own = new NatsServer { MaxFileStore = 10 * Chunk };
        await own.InitializeAsync();
        await using var engine = await DistributedEngine.StartAsync(own, postgres);
        var uploads = engine.Services.GetRequiredService<IUploadStore>();
        Assert.Empty(await ProblemsAsync(engine.Services));

        Upload[] stored = [await SaveAsync(uploads), await SaveAsync(uploads), await SaveAsync(uploads)];
        await own.FillAsync(engine.Services.GetRequiredService<Broker>().JetStream);

        var refused = engine.NewPrediction();
        Assert.True((await Assert.ThrowsAsync<StorageUnavailableException>(() => CreateAsync(engine, refused))).IsFull);
        Assert.Null(await engine.Store.FindAsync(refused.Id, Cancellation));
        Assert.True((await Assert.ThrowsAsync<StorageUnavailableException>(() => SaveAsync(uploads))).IsFull);
        Assert.Contains("NATS has no room left", Assert.Single(await ProblemsAsync(engine.Services)));

        foreach (var upload in stored)
        {
            Assert.True(await uploads.DeleteAsync(upload.Id, Cancellation));
        }

        Assert.Empty(await ProblemsAsync(engine.Services));
        Assert.Equal(Creation.Created, await CreateAsync(engine, refused));
        await using var lease = await engine.LeaseAsync();
        Assert.Equal(refused.Id, lease.Created.Id);
        Assert.True(await lease.AppendAsync([new PredictionEvent.Started(), new PredictionEvent.Succeeded()], Cancellation));
        Assert.Equal(PredictionStatus.Succeeded, (await engine.FindAsync(refused.Id)).Status);
        await SaveAsync(uploads);
        await SaveAsync(uploads); // what was refused has left nothing behind
    }

    static Task<Creation> CreateAsync(DistributedEngine engine, CreatedPrediction created) => engine.Store.CreateAsync(
        created, capacity: 10, Cancellation);

    static async Task<Upload> SaveAsync(IUploadStore uploads)
    {
        await using var writer = (await uploads.CreateAsync(Cancellation))!;
        Assert.True(await writer.WriteAsync(new byte[Chunk], Cancellation));
        return await writer.CompleteAsync(new UploadDetails("a", "b", new Dictionary<string, JsonElement>()), Cancellation);
    }

    static async Task<IReadOnlyList<string>> ProblemsAsync(IServiceProvider node)
    {
        var problems = await Task.WhenAll(node.GetServices<IEngineHealth>().Select(part => part.CheckAsync(Cancellation)));
        return [.. problems.OfType<string>()];
    }
}
