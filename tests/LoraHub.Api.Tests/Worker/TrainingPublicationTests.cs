using LoraHub.Api.Tests.Support;
using LoraHub.Core.Predictions;
using LoraHub.Core.Trainings;
using LoraHub.Modules.Folders;
using LoraHub.Modules.Versions;
using Microsoft.Extensions.DependencyInjection;

namespace LoraHub.Api.Tests.Worker;

/// <summary>What a training publishes, and when it takes that back.</summary>
public sealed class TrainingPublicationTests : TrainingRuns
{
    [Fact]
    public async Task A_canceled_training_takes_its_version_back()
    {
        var id = await CreateAsync();

        await RunAsync(lease => new InterruptedLease(lease, () => Queue.CancelAsync(id, CancellationToken.None)));

        Assert.Equal(PredictionStatus.Canceled, (await FindAsync(id)).Status);
        Assert.Null((await FindAsync(id)).Output);
        Assert.Null(Find());
        Assert.Empty(await Checkpoints.ListAsync(CancellationToken.None));
    }

    [Fact]
    public async Task A_canceled_training_leaves_the_version_of_before()
    {
        await PublishAsync(5, 6);
        var before = Find()!.Digest;
        var id = await CreateAsync();

        await RunAsync(lease => new InterruptedLease(lease, () => Queue.CancelAsync(id, CancellationToken.None)));

        Assert.Equal(PredictionStatus.Canceled, (await FindAsync(id)).Status);
        Assert.Equal(before, Find()!.Digest);
        Assert.Empty(Library.EarlierVersions(Destination));
    }

    [Fact]
    public async Task A_worker_that_lost_its_lease_after_publishing_leaves_the_version_to_the_next()
    {
        var id = await CreateAsync();

        await RunAsync(lease => new InterruptedLease(lease, interrupt: null));
        var published = Find()!.Digest;
        Assert.Equal(PredictionStatus.Processing, (await FindAsync(id)).Status);
        await RunAsync();

        var ended = await FindAsync(id);
        Assert.Equal((PredictionStatus.Succeeded, $"{Destination}:{published}"), (ended.Status, ended.Output!.Version));
        Assert.Empty(Library.EarlierVersions(Destination));
    }

    [Fact]
    public async Task A_version_that_was_there_before_stays_when_a_training_of_the_same_bytes_is_canceled()
    {
        await CreateAsync();
        await RunAsync();
        var published = Find()!.Digest;
        var id = await CreateAsync();

        await RunAsync(lease => new InterruptedLease(lease, () => Queue.CancelAsync(id, CancellationToken.None)));

        Assert.Equal(PredictionStatus.Canceled, (await FindAsync(id)).Status);
        Assert.Equal(published, Find()!.Digest);
    }

    [Fact]
    public async Task A_name_that_another_token_took_meanwhile_fails_the_training()
    {
        await PublishAsync(5, 6);
        var before = Find()!.Digest;

        var ended = await EndAsync(Plan() with { Destination = new TrainingDestination(Destination, "anna", IsAdmin: false) });

        Assert.Equal("The result was not published: another token has published `me/french` since the training was created; "
            + "choose another destination.", ended.Error);
        Assert.Equal(before, Find()!.Digest);
    }

    [Fact]
    public async Task A_result_that_would_be_quarantined_is_not_published()
    {
        await PublishAsync("other/name", PeftFiles.Of(1, 2));
        var store = Services.GetRequiredService<VersionStore>();
        Assert.True(await store.QuarantineAsync(new ModuleReference("other/name", null), "It is under dispute.", CancellationToken.None));

        var ended = await EndAsync(Plan());

        Assert.Equal("The result was not published as `me/french`: it would be quarantined: It is under dispute.", ended.Error);
        Assert.Null(Find());
    }

    [Fact]
    public async Task A_result_that_is_no_adapter_fails_the_training()
    {
        Predictor.TuneScript = (_, folder, _, _, _) =>
        {
            var adapter = Path.Combine(folder, "adapter.zip");
            File.WriteAllText(adapter, "no zip");
            return new PredictionResult(new PredictionOutput(), adapter, CheckpointFile: null);
        };

        var ended = await EndAsync(Plan());

        Assert.StartsWith("The result was not published as `me/french`: ", ended.Error, StringComparison.Ordinal);
        Assert.Null(Find());
    }
}
