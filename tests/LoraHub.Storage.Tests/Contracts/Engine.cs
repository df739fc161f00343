using System.Text.Json.Nodes;
using LoraHub.Core.Deployments;
using LoraHub.Core.Models;
using LoraHub.Core.Predictions;
using LoraHub.Modules.Library;
using Microsoft.Extensions.Time.Testing;

namespace LoraHub.Storage.Tests.Contracts;

/// <summary>An empty engine and its clock.</summary>
public abstract class Engine : IAsyncDisposable
{
    static readonly DateTimeOffset Start = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    public FakeTimeProvider Time { get; } = new(Start);

    public abstract IPredictionStore Store { get; }

    public abstract IPredictionQueue Queue { get; }

    public abstract IPredictionEvents Events { get; }

    /// <summary>The folder or database of the engine's records.</summary>
    public virtual IDataRetention Retention => throw new NotSupportedException();

    public virtual IModuleIndex Modules => throw new NotSupportedException();

    public virtual IModelStore Models => throw new NotSupportedException();

    public virtual IDeploymentStore Deployments => throw new NotSupportedException();

    public virtual IPinnedVersions Pinned => throw new NotSupportedException();

    public abstract ValueTask DisposeAsync();

    /// <summary>Creates a prediction one second after the previous one.</summary>
    public async Task<CreatedPrediction> CreateAsync(string? id = null, PredictionKind kind = PredictionKind.Compose)
    {
        Time.Advance(TimeSpan.FromSeconds(1));
        var prediction = NewPrediction(id) with { Kind = kind };
        Assert.Equal(Creation.Created, await Store.CreateAsync(prediction, capacity: 1000, TestContext.Current.CancellationToken));
        return prediction;
    }

    public CreatedPrediction NewPrediction(string? id = null) => new()
    {
        Id = id ?? PredictionId.New(),
        Input = new JsonObject { ["seed"] = 42 },
        Origin = "http://localhost",
        CreatedAt = Time.GetUtcNow(),
    };

    /// <summary>An output that names blobs.</summary>
    public static PredictionOutput Output(string adapter, string? checkpoint = null, string? trace = null) => new()
    {
        Adapter = adapter,
        Checkpoint = checkpoint,
        Trace = trace,
        Weights = [new ModuleWeight("lorahub/colors", 0.5)],
    };

    public Task<IPredictionLease> LeaseAsync(PredictionKind kind = PredictionKind.Compose) =>
        Queue.LeaseAsync(kind, TestContext.Current.CancellationToken);

    public async Task<Prediction> FindAsync(string id)
    {
        await SettleAsync();
        return Assert.IsType<Prediction>(await Store.FindAsync(id, TestContext.Current.CancellationToken));
    }

    /// <summary>Waits until the records show everything that was appended.</summary>
    public virtual Task SettleAsync() => Task.CompletedTask;

    public Task<bool> CancelAsync(string id) => Queue.CancelAsync(id, TestContext.Current.CancellationToken);

    public IAsyncEnumerator<RecordedEvent> Watch(string id) =>
        Events.ReadAsync(id, 0, TestContext.Current.CancellationToken).WithLimit().GetAsyncEnumerator(TestContext.Current.CancellationToken);

    /// <summary>The events of a prediction, once it has ended or has the given number of events.</summary>
    public async Task<IReadOnlyList<RecordedEvent>> ReadAsync(string id, long after = 0, int atMost = int.MaxValue)
    {
        var read = new List<RecordedEvent>();
        await foreach (var recorded in Events.ReadAsync(id, after, TestContext.Current.CancellationToken).WithLimit())
        {
            read.Add(recorded);
            if (read.Count == atMost)
            {
                break;
            }
        }

        return read;
    }
}

static class Wait
{
    /// <summary>The timeout for something that should happen at once: it only stops a hang, for a busy machine may stand still for seconds.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    public static async IAsyncEnumerable<T> WithLimit<T>(this IAsyncEnumerable<T> items)
    {
        await using var reader = items.GetAsyncEnumerator();
        while (await reader.MoveNextAsync().AsTask().WaitAsync(Limit))
        {
            yield return reader.Current;
        }
    }

    public static Task<bool> AppendAsync(this IPredictionLease lease, PredictionEvent happened) =>
        lease.AppendAsync([happened], TestContext.Current.CancellationToken);

    public static async Task LogAsync(this IPredictionLease lease, params string[] lines)
    {
        foreach (var line in lines)
        {
            Assert.True(await lease.AppendAsync(new PredictionEvent.Logged(line + "\n")));
        }
    }
}
