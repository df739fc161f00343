using LoraHub.Inference.Checkpoints;
using LoraHub.Inference.Kernels;

using TorchSharp;

using static TorchSharp.torch;

namespace LoraHub.Inference.T5;

/// <summary>
/// Gives a T5 its tensors out of a checkpoint, by the checkpoint's names, each read once, straight from the mapped file into what the processor multiplies
/// fastest. Owns what it gave.
/// </summary>
sealed class T5Weights : IDisposable
{
    const string Shared = "shared.weight";

    readonly ICheckpoint _checkpoint;
    readonly Device _device;
    readonly List<Tensor> _given = [];

    /// <summary>Opens the checkpoint of a Hugging Face folder; <see cref="Close"/> it when all is read.</summary>
    /// <param name="computeType">Says, from the number of parameters, which dtype the matrices shall have.</param>
    /// <exception cref="CheckpointException">The checkpoint is missing, broken or not safe to read.</exception>
    public T5Weights(string folder, Device device, Func<long, ScalarType> computeType)
    {
        (_checkpoint, _device) = (Checkpoint.OpenModel(folder), device);

        // The stacks' own embeddings are tied copies.
        var hasShared = _checkpoint.Entries.ContainsKey(Shared);
        Entries = _checkpoint.Entries
            .Where(entry => !hasShared || !entry.Key.EndsWith("embed_tokens.weight", StringComparison.Ordinal))
            .ToDictionary(entry => entry.Key, entry => entry.Value, StringComparer.Ordinal);
        Parameters = Entries.Values.Sum(Numbers);
        ComputeType = computeType(Parameters);
    }

    /// <summary>What the checkpoint holds, without tied copies.</summary>
    public IReadOnlyDictionary<string, TensorEntry> Entries { get; }

    public long Parameters { get; }

    /// <summary>What was given takes so much memory.</summary>
    public long Bytes { get; private set; }

    /// <summary>The dtype of the matrices and of what is multiplied with them.</summary>
    public ScalarType ComputeType { get; }

    /// <summary>The dtype of the residual stream, of norms, softmax, logits and loss: at least fp32.</summary>
    public ScalarType StreamType => ComputeType == ScalarType.Float64 ? ScalarType.Float64 : ScalarType.Float32;

    /// <summary>The name of the token embedding.</summary>
    public string Embedding => Entries.ContainsKey(Shared) ? Shared : "encoder.embed_tokens.weight";

    /// <summary>A tensor as it is; stays owned by these weights.</summary>
    /// <exception cref="ModelException">The checkpoint lacks it, or it has another shape.</exception>
    public Tensor Get(string name, ScalarType type, params long[] shape) => Give(Read([name], type, shape), type, shape);

    /// <summary>Matrices of as many columns, one below the other, ready to multiply with; stay owned by these weights.</summary>
    /// <param name="output">Rows of each.</param>
    /// <exception cref="ModelException">The checkpoint lacks one, or it has another shape.</exception>
    public Matrix GetMatrix(IReadOnlyList<string> names, ScalarType type, long output, long input)
    {
        using var scope = NewDisposeScope();
        var rows = Read(names, type, output, input); // (names·out, in)
        var isPacked = _device.type == DeviceType.CPU && LibTorch.CanPack(type, rows.shape[0]);
        return new Matrix(Give(isPacked ? LibTorch.Pack(rows) : rows, type, names.Count * output, input), isPacked);
    }

    /// <summary>Gives the mapped files back; nothing can be read any more.</summary>
    public void Close() => _checkpoint.Dispose();

    public void Dispose()
    {
        Close();
        _given.ForEach(tensor => tensor.Dispose());
        _given.Clear();
    }

    static long Numbers(TensorEntry entry) => entry.Shape.Aggregate(1L, (size, length) => size * length);

    Tensor Give(Tensor tensor, ScalarType type, params long[] shape)
    {
        _given.Add(tensor.DetachFromDisposeScope());
        Bytes += shape.Aggregate(1L, (size, length) => size * length) * type.ElementSize();
        return tensor;
    }

    Tensor Read(IReadOnlyList<string> names, ScalarType type, params long[] shape)
    {
        using var scope = NewDisposeScope();
        var all = empty([names.Count * shape[0], .. shape[1..]], type, _device);
        for (var i = 0; i < names.Count; i++)
        {
            Check(names[i], shape);
            all.narrow(0, i * shape[0], shape[0]).copy_(_checkpoint.Read(names[i]));
        }

        return all.MoveToOuterDisposeScope();
    }

    void Check(string name, long[] shape)
    {
        if (!Entries.TryGetValue(name, out var entry))
        {
            throw new ModelException($"the checkpoint lacks the tensor `{name}`.");
        }

        if (!entry.Shape.SequenceEqual(shape))
        {
            throw new ModelException(
                $"the checkpoint's tensor `{name}` has the shape ({string.Join(", ", entry.Shape)}); config.json says ({string.Join(", ", shape)}).");
        }
    }
}

/// <summary>A matrix, (out, in), plain or packed; owned by the weights it came from.</summary>
readonly record struct Matrix(Tensor Weight, bool IsPacked)
{
    /// <summary>(n, in) → (n, out); belongs to the caller's scope.</summary>
    public Tensor Multiply(Tensor x) => IsPacked ? LibTorch.Linear(x, Weight) : nn.functional.linear(x, Weight);
}
