namespace LoraHub.Core.Predictions;

/// <summary>What clients see under which name: an id of one is not found as the other.</summary>
public static class PredictionKinds
{
    /// <summary>The kinds under <c>/v1/predictions</c> and the bare paths.</summary>
    public static IReadOnlyList<PredictionKind> Predictions { get; } = [PredictionKind.Compose, PredictionKind.Generate];

    /// <summary>The kinds under <c>/v1/trainings</c>.</summary>
    public static IReadOnlyList<PredictionKind> Trainings { get; } = [PredictionKind.Train];

    /// <summary>Finds a prediction of one of these kinds.</summary>
    public static async Task<Prediction?> FindAsync(
        this IPredictionStore store, string id, IReadOnlyList<PredictionKind> kinds, CancellationToken cancellationToken) =>
        await store.FindAsync(id, cancellationToken) is { } found && kinds.Contains(found.Kind) ? found : null;

    /// <summary>Whether there is a prediction of one of these kinds.</summary>
    public static async Task<bool> ExistsAsync(
        this IPredictionStore store, string id, IReadOnlyList<PredictionKind> kinds, CancellationToken cancellationToken) =>
        await store.FindCreatedAsync(id, cancellationToken) is { } found && kinds.Contains(found.Kind);
}
