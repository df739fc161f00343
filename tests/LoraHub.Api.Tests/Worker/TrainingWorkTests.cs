using System.Text.Json.Nodes;
using LoraHub.Api.Tests.Support;
using LoraHub.Api.Worker;
using LoraHub.Core;
using LoraHub.Core.Predictions;
using LoraHub.Core.Predictions.Inputs;
using LoraHub.Core.Trainings;
using LoraHub.Modules.Library;
using LoraHub.Modules.Versions;
using LoraHub.Storage;
using LoraHub.TestHost;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace LoraHub.Api.Tests.Worker;

/// <summary>Trainings without a service, as a worker runs them that has no database.</summary>
public sealed class TrainingWorkTests : IAsyncDisposable
{
    const string Destination = "me/french";

    readonly string _folder = Directory.CreateTempSubdirectory("lorahub-").FullName;
    readonly ScriptedPredictor _predictor = new();
    readonly KeptCheckpoints _checkpoints = new();
    readonly Lifetime _lifetime = new();
    readonly ServiceProvider _services;

    public TrainingWorkTests() => _services = new ServiceCollection()
        .AddSingleton<IConfiguration>(new ConfigurationBuilder().AddInMemoryCollection([new("Data:Path", _folder)]).Build())
        .AddLogging()
        .AddSingleton<IPredictor>(_predictor)
        .AddScriptedLibrary()
        .AddInMemoryStorage()
        .AddSingleton<ITrainingCheckpoints>(_checkpoints)
        .AddSingleton<IHostApplicationLifetime>(_lifetime)
        .AddSingleton<GracefulStop>()
        .AddPredictionRunner()
        .BuildServiceProvider();

    public async ValueTask DisposeAsync()
    {
        await _services.DisposeAsync();
        _lifetime.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task A_stopping_worker_keeps_a_checkpoint_from_which_the_next_attempt_goes_on()
    {
        var steps = new List<int>();
        _predictor.TuneScript = (plan, folder, checkpoints, progress, canceled) =>
        {
            using var last = checkpoints.Open();
            for (var step = last?.ReadByte() ?? 0; step < 4; step++)
            {
                canceled.ThrowIfCancellationRequested();
                steps.Add(step);
                if (step == 2)
                {
                    _lifetime.StopApplication();
                }

                if (checkpoints.IsDue)
                {
                    checkpoints.Save(stream => stream.WriteByte((byte)(step + 1)));
                }
            }

            return Adapter(folder);
        };
        var id = await CreateAsync();

        await RunAsync();
        Assert.Equal([id], await _checkpoints.ListAsync(CancellationToken.None));
        Assert.Null(Find());
        await RunAsync();

        var ended = await FindAsync(id);
        Assert.Equal([0, 1, 2, 3], steps);
        Assert.Equal((PredictionStatus.Succeeded, $"{Destination}:{Find()!.Digest}"), (ended.Status, ended.Output!.Version));
        Assert.Contains("the prediction goes back to the queue", ended.Logs, StringComparison.Ordinal);
        Assert.Contains("going on from its last checkpoint", ended.Logs, StringComparison.Ordinal);
        Assert.Empty(await _checkpoints.ListAsync(CancellationToken.None));
    }

    [Fact]
    public async Task A_canceled_training_takes_its_version_back()
    {
        var id = await CreateAsync();

        await RunAsync(lease => new InterruptedLease(lease, () => Queue.CancelAsync(id, CancellationToken.None)));

        Assert.Equal(PredictionStatus.Canceled, (await FindAsync(id)).Status);
        Assert.Null((await FindAsync(id)).Output);
        Assert.Null(Find());
        Assert.Empty(await _checkpoints.ListAsync(CancellationToken.None));
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
        var store = _services.GetRequiredService<LoraHub.Modules.Folders.VersionStore>();
        Assert.True(await store.QuarantineAsync(new ModuleReference("other/name", null), "It is under dispute.", CancellationToken.None));

        var ended = await EndAsync(Plan());

        Assert.Equal("The result was not published as `me/french`: it would be quarantined: It is under dispute.", ended.Error);
        Assert.Null(Find());
    }

    [Fact]
    public async Task A_training_whose_data_was_deleted_fails_with_the_reason()
    {
        var ended = await EndAsync(Plan() with { Data = new string('0', 64) });

        Assert.Equal("The training's data was deleted; create the training again.", ended.Error);
    }

    [Fact]
    public async Task A_full_disk_at_a_checkpoint_fails_the_training_with_the_reason()
    {
        _checkpoints.Problem = new StorageUnavailableException("The training's checkpoint could not be stored.");
        _predictor.TuneScript = (_, folder, checkpoints, _, _) =>
        {
            checkpoints.Save(stream => stream.WriteByte(1));
            return Adapter(folder);
        };

        var ended = await EndAsync(Plan());

        Assert.Equal("The training's checkpoint could not be stored.", ended.Error);
        Assert.Null(Find());
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(_folder, "tmp")));
    }

    [Fact]
    public async Task A_result_that_is_no_adapter_fails_the_training()
    {
        _predictor.TuneScript = (_, folder, _, _, _) =>
        {
            var adapter = Path.Combine(folder, "adapter.zip");
            File.WriteAllText(adapter, "no zip");
            return new PredictionResult(new PredictionOutput(), adapter, CheckpointFile: null);
        };

        var ended = await EndAsync(Plan());

        Assert.StartsWith("The result was not published as `me/french`: ", ended.Error, StringComparison.Ordinal);
        Assert.Null(Find());
    }

    static PredictionResult Adapter(string folder)
    {
        var adapter = Path.Combine(folder, "adapter.zip");
        File.WriteAllBytes(adapter, Run.AdapterBytes);
        return new PredictionResult(new PredictionOutput(), adapter, CheckpointFile: null);
    }

    ModuleLibrary Library => _services.GetRequiredService<ModuleLibrary>();

    IPredictionQueue Queue => _services.GetRequiredService<IPredictionQueue>();

    ModuleVersion? Find() => Library.Find(new ModuleReference(Destination, null));

    async Task<Prediction> FindAsync(string id) =>
        (await _services.GetRequiredService<IPredictionStore>().FindAsync(id, TestContext.Current.CancellationToken))!;

    static TrainingPlan Plan()
    {
        var (input, errors) = TrainingParser.Parse(new JsonObject { ["type"] = "tune" });
        Assert.Empty(errors);
        return new TrainingPlan(
            input!, "lorahub/t5-mini", null, null, null, null, new TrainingDestination(Destination, PublishedBy: null, IsAdmin: true), Seed: 7);
    }

    async Task<Prediction> EndAsync(TrainingPlan plan)
    {
        var id = await CreateAsync(plan);
        await RunAsync();
        var ended = await FindAsync(id);
        Assert.Equal(PredictionStatus.Failed, ended.Status);
        return ended;
    }

    async Task<string> CreateAsync(TrainingPlan? plan = null)
    {
        var training = new CreatedPrediction
        {
            Id = PredictionId.New(),
            Kind = PredictionKind.Train,
            Input = [],
            Plan = plan ?? Plan(),
            Origin = "http://localhost",
            CreatedAt = TimeProvider.System.GetUtcNow(),
        };
        await _services.GetRequiredService<IPredictionStore>().CreateAsync(training, capacity: 1, CancellationToken.None);
        return training.Id;
    }

    async Task RunAsync(Func<IPredictionLease, IPredictionLease>? wrap = null)
    {
        await using var lease = await Queue.LeaseAsync(PredictionKind.Train, TestContext.Current.CancellationToken);
        await _services.GetRequiredService<PredictionRunner>().RunAsync(wrap?.Invoke(lease) ?? lease, CancellationToken.None);
    }

    Task PublishAsync(params float[] update) => PublishAsync(Destination, PeftFiles.Of(update));

    async Task PublishAsync(string id, (string Name, byte[] Content)[] files)
    {
        var publisher = _services.GetRequiredService<ModulePublisher>();
        using var incoming = publisher.Begin();
        foreach (var (name, content) in files)
        {
            await File.WriteAllBytesAsync(Path.Combine(incoming.Path, name), content, TestContext.Current.CancellationToken);
        }

        await publisher.PublishAsync(id, incoming, new ModuleOrigin(PublishedBy: "bert"), CancellationToken.None);
    }
}
