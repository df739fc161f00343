using System.Collections.Concurrent;

using LoraHub.Inference.Checkpoints;
using LoraHub.Inference.Kernels;

using TorchSharp;

using static TorchSharp.torch;

namespace LoraHub.Inference.T5;

/// <summary>
/// Gives a T5 its tensors out of a checkpoint, by the checkpoint's names, each read once, straight from the mapped file into what the processor multiplies
/// fastest. What is asked for holds its numbers when <see cref="ReadAll"/> has ended. Owns what it gave.
/// </summary>
sealed class T5Weights : IDisposable
{
    const string Shared = "shared.weight";

    readonly ICheckpoint _checkpoint;
    readonly Device _device;
    readonly List<Action> _reads = [];
    readonly ConcurrentBag<Tensor> _given = [];

    /// <summary>Opens the checkpoint of a Hugging Face folder.</summary>
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
        Parameters = Entries.Values.Sum(entry => Numbers(entry.Shape));
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
    public Tensor Get(string name, ScalarType type, params long[] shape)
    {
        Check(name, shape);
        Bytes += Numbers(shape) * type.ElementSize();
        var tensor = Give(empty(shape, type, _device));
        _reads.Add(() => Read([name], tensor));
        return tensor;
    }

    /// <summary>Matrices of as many columns, one below the other, ready to multiply with; stay owned by these weights.</summary>
    /// <param name="output">Rows of each.</param>
    /// <exception cref="ModelException">The checkpoint lacks one, or it has another shape.</exception>
    public Matrix GetMatrix(IReadOnlyList<string> names, ScalarType type, long output, long input)
    {
        foreach (var name in names)
        {
            Check(name, [output, input]);
        }

        long[] shape = [names.Count * output, input];
        Bytes += Numbers(shape) * type.ElementSize();
        var isPacked = _device.type == DeviceType.CPU && LibTorch.CanPack(type, shape[0]);
        var matrix = new Matrix(isPacked);
        _reads.Add(() =>
        {
            var rows = empty(shape, type, _device);
            Read(names, rows);
            matrix.Weight = Give(isPacked ? LibTorch.Pack(rows) : rows);
        });
        return matrix;
    }

    /// <summary>Reads what was asked for, on the processor's threads, and gives the mapped files back.</summary>
    public void ReadAll()
    {
        // A tensor on each thread: its conversion, its packing and the first touch of its memory wait for nobody.
        Threads.ForEach(_reads.Count, i =>
        {
            using var scope = NewDisposeScope();
            _reads[i]();
        });
        _reads.Clear();
        _checkpoint.Dispose();
    }

    public void Dispose()
    {
        _checkpoint.Dispose();
        while (_given.TryTake(out var tensor))
        {
            tensor.Dispose();
        }
    }

    static long Numbers(IEnumerable<long> shape) => shape.Aggregate(1L, (size, length) => size * length);

    Tensor Give(Tensor tensor)
    {
        _given.Add(tensor.DetachFromDisposeScope());
        return tensor;
    }

    void Read(IReadOnlyList<string> names, Tensor all)
    {
        var rows = all.shape[0] / names.Count;
        for (var i = 0; i < names.Count; i++)
        {
            all.narrow(0, i * rows, rows).copy_(_checkpoint.Read(names[i]));
        }
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
sealed class Matrix(bool isPacked)
{
    /// <summary>There when <see cref="T5Weights.ReadAll"/> has ended.</summary>
    public Tensor Weight { get; set; } = null!;

    /// <summary>(n, in) → (n, out); belongs to the caller's scope.</summary>
    public Tensor Multiply(Tensor x) => isPacked ? LibTorch.Linear(x, Weight) : nn.functional.linear(x, Weight);
}
