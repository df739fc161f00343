using static TorchSharp.torch;

namespace LoraHub.Inference.Checkpoints;

/// <summary>A checkpoint opened for reading. <see cref="Read"/> may be called from several threads.</summary>
public interface ICheckpoint : IDisposable
{
    /// <summary>What the checkpoint holds, in file order.</summary>
    IReadOnlyDictionary<string, TensorEntry> Entries { get; }

    /// <summary>Reads one tensor.</summary>
    /// <returns>
    /// A contiguous CPU tensor that belongs to the caller's dispose scope. It aliases the mapped file where that is possible, and
    /// keeps the mapping alive after the checkpoint is disposed: read it, copy it, but do not write into it.
    /// </returns>
    /// <exception cref="CheckpointException">The checkpoint has no tensor of that name.</exception>
    Tensor Read(string name);
}

/// <summary>The name, the type and the shape of a tensor in a checkpoint; a 0-dimensional tensor has an empty shape.</summary>
public sealed record TensorEntry(string Name, ScalarType DType, IReadOnlyList<long> Shape);
