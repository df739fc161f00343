using LoraHub.Core;
using LoraHub.Core.Predictions;
using LoraHub.Storage.Tests.Contracts;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace LoraHub.Storage.Tests.Embedded;

/// <summary>Data retention and the temporary-file sweep.</summary>
public sealed class SweepTests
{
    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Each_part_of_a_prediction_expires_in_its_time_and_its_files_follow()
    {
        await using var engine = await EmbeddedEngine.StartAsync(("Retention:Inputs", "00:30:00"), ("Retention:Results", "04:00:00"));
        var digest = await engine.Blobs.PutAsync(new MemoryStream([1]), Cancellation);
        var id = await SucceedAsync(engine, digest);
        await SweepAsync<RetentionSweep>(engine, async () =>
        {
            await engine.UntilAsync(hours: 3, async () => (await engine.FindAsync(id)).Removed == DataParts.Inputs);
            Assert.NotNull((await engine.FindAsync(id)).Output);
            Assert.True(File.Exists(PathOf(engine, digest)));
            await engine.UntilAsync(hours: 4, async () => (await engine.FindAsync(id)).Removed == (DataParts.Inputs | DataParts.Results));
            await engine.UntilAsync(hours: 2, () => Task.FromResult(!File.Exists(PathOf(engine, digest))));
        });

        Assert.Equal("said\n", (await engine.FindAsync(id)).Logs);
    }

    [Fact]
    public async Task Without_a_setting_everything_stays()
    {
        await using var engine = await EmbeddedEngine.StartAsync();
        var digest = await engine.Blobs.PutAsync(new MemoryStream([1]), Cancellation);
        var unnamed = await engine.Blobs.PutAsync(new MemoryStream([2]), Cancellation);
        var id = await SucceedAsync(engine, digest);
        engine.Time.Advance(TimeSpan.FromDays(3650));

        await SweepAsync<RetentionSweep>(engine, () => engine.UntilAsync(hours: 2, () => Task.FromResult(!File.Exists(PathOf(engine, unnamed)))));

        Assert.Equal(DataParts.None, (await engine.FindAsync(id)).Removed);
        Assert.True(File.Exists(PathOf(engine, digest)));
    }

    [Theory]
    [InlineData("Retention:Logs", "00:00:59")]
    [InlineData("Retention:Grace", "00:00:00")]
    [InlineData("Retention:Results", "-1.00:00:00")]
    public async Task An_invalid_time_is_refused(string key, string value)
    {
        await using var engine = await EmbeddedEngine.StartAsync((key, value));

        Assert.Throws<OptionsValidationException>(() => engine.Services.GetRequiredService<IOptions<RetentionOptions>>().Value);
    }

    [Fact]
    public async Task Files_of_killed_processes_are_deleted_after_a_day_and_those_of_this_one_stay()
    {
        await using var engine = await EmbeddedEngine.StartAsync();
        var now = engine.Time.GetUtcNow();
        var old = Leave(engine, now.AddDays(-1).AddMinutes(-1));
        var young = Leave(engine, now.AddHours(-23));

        await SweepAsync<TemporaryFileSweep>(engine, async () =>
        {
            await engine.UntilAsync(hours: 0, () => Task.FromResult(!old.Any(Path.Exists)));
            var ours = Leave(engine, engine.Time.GetUtcNow());
            Assert.All(young, path => Assert.True(Path.Exists(path)));

            await engine.UntilAsync(hours: 2, () => Task.FromResult(!young.Any(Path.Exists)));
            var last = Leave(engine, now.AddHours(-1));
            await engine.UntilAsync(hours: 72, () => Task.FromResult(!last.Any(Path.Exists)));
            Assert.All(ours, path => Assert.True(Path.Exists(path)));
        });
    }

    /// <summary>A workspace with a file in it, a partial blob, and a partial upload.</summary>
    static string[] Leave(EmbeddedEngine engine, DateTimeOffset at)
    {
        var workspace = Directory.CreateDirectory(Path.Combine(engine.DataPath, "tmp", Path.GetRandomFileName())).FullName;
        File.WriteAllText(Path.Combine(workspace, "adapter.zip"), "half");
        Directory.SetLastWriteTimeUtc(workspace, at.UtcDateTime);
        var blob = Path.Combine(Directory.CreateDirectory(Path.Combine(engine.DataPath, "blobs", "incoming")).FullName, Path.GetRandomFileName());
        File.WriteAllText(blob, "half");
        File.SetLastWriteTimeUtc(blob, at.UtcDateTime);
        var upload = Path.Combine(Directory.CreateDirectory(Path.Combine(engine.DataPath, "uploads", "incoming")).FullName, Path.GetRandomFileName());
        File.WriteAllText(upload, "half");
        File.SetLastWriteTimeUtc(upload, at.UtcDateTime);
        return [workspace, blob, upload];
    }

    static string PathOf(EmbeddedEngine engine, string digest) => Path.Combine(engine.DataPath, "blobs", digest[..2], digest);

    /// <summary>Runs the service's sweep during an assertion.</summary>
    static async Task SweepAsync<TSweep>(EmbeddedEngine engine, Func<Task> look)
        where TSweep : BackgroundService
    {
        var sweep = engine.Services.GetServices<IHostedService>().OfType<TSweep>().Single();
        await sweep.StartAsync(Cancellation);
        await look();
        await sweep.StopAsync(Cancellation);
        Assert.True(sweep.ExecuteTask!.IsCompletedSuccessfully);
    }

    static async Task<string> SucceedAsync(EmbeddedEngine engine, string digest)
    {
        var created = await engine.CreateAsync();
        await using var lease = await engine.LeaseAsync();
        await lease.AppendAsync(new PredictionEvent.Started());
        await lease.LogAsync("said");
        await lease.AppendAsync(new PredictionEvent.Answered(Engine.Output(digest)));
        Assert.True(await lease.AppendAsync(new PredictionEvent.Succeeded()));
        return created.Id;
    }
}
