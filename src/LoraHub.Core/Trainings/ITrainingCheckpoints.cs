namespace LoraHub.Core.Trainings;

/// <summary>The checkpoints of running trainings, one for each: another worker goes on from it.</summary>
public interface ITrainingCheckpoints
{
    /// <summary>Replaces the training's checkpoint by the stream's content, or changes nothing.</summary>
    /// <exception cref="StorageUnavailableException">It could not be stored, for example on a full disk.</exception>
    Task SaveAsync(string trainingId, Stream content, CancellationToken cancellationToken);

    /// <summary>Opens the last one; the caller disposes it. Null for none.</summary>
    Task<Stream?> OpenAsync(string trainingId, CancellationToken cancellationToken);

    Task DeleteAsync(string trainingId, CancellationToken cancellationToken);

    /// <summary>Lists the trainings that have one.</summary>
    Task<IReadOnlyList<string>> ListAsync(CancellationToken cancellationToken);
}
