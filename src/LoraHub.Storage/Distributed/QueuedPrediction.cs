using System.Text.Json.Nodes;
using LoraHub.Core.Predictions;

namespace LoraHub.Storage.Distributed;

/// <summary>A message of the queue: the part of a prediction that a worker needs. Omits the webhook, which may contain a secret.</summary>
/// <remarks>In JSON, the properties of the prediction and of the message form one object, for compatibility with stored messages.</remarks>
sealed record QueuedPrediction(CreatedPrediction Created)
{
    const string InputName = "inputAt", PlanName = "planAt";

    /// <summary>The object that holds the input when it is too large for a message (<see cref="LargeContents"/>).</summary>
    public string? InputAt { get; init; }

    /// <summary>The object that holds the plan in that case.</summary>
    public string? PlanAt { get; init; }

    public static QueuedPrediction Of(CreatedPrediction created) => new(created with { Webhook = null });

    /// <exception cref="System.Text.Json.JsonException">The message does not contain a prediction.</exception>
    public static QueuedPrediction Read(ReadOnlySpan<byte> message)
    {
        var json = StoredJson.Read<JsonObject>(message);
        return new QueuedPrediction(StoredJson.Read<CreatedPrediction>(message))
        {
            InputAt = (string?)json[InputName],
            PlanAt = (string?)json[PlanName],
        };
    }

    public byte[] Write()
    {
        var json = StoredJson.ToObject(Created);
        (json[InputName], json[PlanName]) = (InputAt, PlanAt);
        return StoredJson.Write(json);
    }

    /// <summary>Moves input and plan to <see cref="LargeContents"/>.</summary>
    public async Task<QueuedPrediction> WithoutContentsAsync(LargeContents large, CancellationToken cancellationToken) => this with
    {
        Created = Created with { Input = [], Plan = null },
        InputAt = await large.PutAsync(Created.Id, Created.Input, cancellationToken),
        PlanAt = Created.Plan is { } plan ? await large.PutAsync(Created.Id, plan, cancellationToken) : null,
    };

    /// <summary>Loads input and plan from <see cref="LargeContents"/>, if they are there.</summary>
    public async Task<QueuedPrediction> WithContentsAsync(LargeContents large, CancellationToken cancellationToken) =>
        InputAt is null ? this : this with
        {
            Created = Created with
            {
                Input = await large.FindAsync<JsonObject>(InputAt, cancellationToken) ?? [],
                Plan = PlanAt is null ? null : await large.FindAsync<PredictionPlan>(PlanAt, cancellationToken),
            },
        };

    /// <summary>Removes input and plan from <see cref="LargeContents"/>.</summary>
    public async Task RemoveContentsAsync(LargeContents large, CancellationToken cancellationToken)
    {
        await large.RemoveAsync(InputAt, cancellationToken);
        await large.RemoveAsync(PlanAt, cancellationToken);
    }
}
