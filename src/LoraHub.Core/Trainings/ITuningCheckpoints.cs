namespace LoraHub.Core.Trainings;

/// <summary>Keeps the state of a training that runs, for the engine. Its methods block.</summary>
public interface ITuningCheckpoints
{
    /// <summary>Whether the last one is old enough for another.</summary>
    bool IsDue { get; }

    /// <summary>Replaces the last one.</summary>
    /// <param name="write">Writes it to a stream, which needs not seek.</param>
    void Save(Action<Stream> write);

    /// <summary>Opens the last one, of this attempt or an earlier one; the caller disposes it. Null for none.</summary>
    Stream? Open();
}
