using System.Text.Json.Nodes;
using LoraHub.Api.Tests.Support;
using LoraHub.Api.Worker;
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

/// <summary>Tests of trainings without a service, as a worker runs them that has no database.</summary>
public abstract class TrainingRuns : IAsyncDisposable
{
    protected const string Destination = "me/french";

    protected TrainingRuns() => Services = new ServiceCollection()
        .AddSingleton<IConfiguration>(new ConfigurationBuilder().AddInMemoryCollection([new("Data:Path", Folder)]).Build())
        .AddLogging()
        .AddSingleton<IPredictor>(Predictor)
        .AddScriptedLibrary()
        .AddInMemoryStorage()
        .AddSingleton<ITrainingCheckpoints>(Checkpoints)
        .AddSingleton<IHostApplicationLifetime>(Lifetime)
        .AddSingleton<GracefulStop>()
        .AddPredictionRunner()
        .BuildServiceProvider();

    protected string Folder { get; } = Directory.CreateTempSubdirectory("lorahub-").FullName;

    private protected ScriptedPredictor Predictor { get; } = new();

    private protected KeptCheckpoints Checkpoints { get; } = new();

    private protected Lifetime Lifetime { get; } = new();

    protected ServiceProvider Services { get; }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await Services.DisposeAsync();
        Lifetime.Dispose();
        Directory.Delete(Folder, recursive: true);
    }

    private protected static PredictionResult Adapter(string folder)
    {
        var adapter = Path.Combine(folder, "adapter.zip");
        File.WriteAllBytes(adapter, Run.AdapterBytes);
        return new PredictionResult(new PredictionOutput(), adapter, CheckpointFile: null);
    }

    private protected ModuleLibrary Library => Services.GetRequiredService<ModuleLibrary>();

    private protected IPredictionQueue Queue => Services.GetRequiredService<IPredictionQueue>();

    private protected ModuleVersion? Find() => Library.Find(new ModuleReference(Destination, null));

    private protected async Task<Prediction> FindAsync(string id) =>
        (await Services.GetRequiredService<IPredictionStore>().FindAsync(id, TestContext.Current.CancellationToken))!;

    private protected static TrainingPlan Plan()
    {
        var (input, errors) = TrainingParser.Parse(new JsonObject { ["type"] = "tune" });
        Assert.Empty(errors);
        return new TrainingPlan(
            input!, "lorahub/t5-mini", null, null, null, null, new TrainingDestination(Destination, PublishedBy: null, IsAdmin: true), Seed: 7);
    }

    private protected async Task<Prediction> EndAsync(TrainingPlan plan)
    {
        var id = await CreateAsync(plan);
        await RunAsync();
        var ended = await FindAsync(id);
        Assert.Equal(PredictionStatus.Failed, ended.Status);
        return ended;
    }

    private protected async Task<string> CreateAsync(TrainingPlan? plan = null)
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
        await Services.GetRequiredService<IPredictionStore>().CreateAsync(training, capacity: 1, CancellationToken.None);
        return training.Id;
    }

    private protected async Task RunAsync(Func<IPredictionLease, IPredictionLease>? wrap = null)
    {
        await using var lease = await Queue.LeaseAsync(PredictionKind.Train, TestContext.Current.CancellationToken);
        await Services.GetRequiredService<PredictionRunner>().RunAsync(wrap?.Invoke(lease) ?? lease, CancellationToken.None);
    }

    private protected Task PublishAsync(params float[] update) => PublishAsync(Destination, PeftFiles.Of(update));

    private protected async Task PublishAsync(string id, (string Name, byte[] Content)[] files)
    {
        var publisher = Services.GetRequiredService<ModulePublisher>();
        using var incoming = publisher.Begin();
        foreach (var (name, content) in files)
        {
            await File.WriteAllBytesAsync(Path.Combine(incoming.Path, name), content, TestContext.Current.CancellationToken);
        }

        await publisher.PublishAsync(id, incoming, new ModuleOrigin(PublishedBy: "bert"), CancellationToken.None);
    }
}
