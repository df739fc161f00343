using System.Collections.Concurrent;

using LoraHub.Formats.Checkpoints;
using LoraHub.Formats.ModelConfig;
using LoraHub.Formats.Tensors;
using LoraHub.Inference.Checkpoints;
using LoraHub.Inference.Kernels;

using TorchSharp;

using static TorchSharp.torch;

namespace LoraHub.Inference.T5;

/// <summary>
/// Loads a T5's tensors from a checkpoint by name, each once and directly from the file into the layout that the processor multiplies
/// fastest. Requested tensors are filled by <see cref="ReadAll"/>. Owns its tensors.
/// </summary>
sealed class T5Weights : IDisposable
{
    /// <summary>The name of the token embedding here, whatever the checkpoint calls it.</summary>
    public const string Embedding = "shared.weight";

    public const string Head = "lm_head.weight";

    readonly TensorReader _checkpoint;
    readonly string _embedding; // the checkpoint's name
    readonly Device _device;
    readonly bool _roundsAnswers;
    readonly List<Action> _reads = [];
    readonly ConcurrentBag<Tensor> _owned = [];
    readonly Dictionary<string, Tensor> _tensors = new(StringComparer.Ordinal);
    readonly Dictionary<string, Matrix> _matrices = new(StringComparer.Ordinal); // by the first name

    /// <summary>Opens the checkpoint of a Hugging Face folder.</summary>
    /// <param name="isHeadTied">Whether the head is the token embedding.</param>
    /// <param name="computeType">Chooses the dtype of the matrices from the number of parameters.</param>
    /// <exception cref="CheckpointException">The checkpoint is missing, broken or not safe to read.</exception>
    /// <param name="roundsAnswers">Whether what answers are decoded with is also rounded to 8 bits; see <see cref="GetMatrix"/>.</param>
    public T5Weights(string folder, bool isHeadTied, Device device, Func<long, ScalarType> computeType, bool roundsAnswers)
    {
        _roundsAnswers = roundsAnswers;
        var checkpoint = Checkpoint.LocateModel(folder);
        string[] tied = [Embedding, "encoder.embed_tokens.weight", "decoder.embed_tokens.weight", .. isHeadTied ? [Head] : (string[])[]];

        // transformers has one tensor for all of these. It loads shards in their order and, of one, these in theirs: the last one stays.
        var files = checkpoint.Files.Select(file => file.Path).ToList();
        _embedding = tied.Where(checkpoint.Entries.ContainsKey).OrderBy(name => files.IndexOf(checkpoint[name].File)).LastOrDefault(Embedding);
        Entries = checkpoint.Entries.Values
            .Where(entry => entry.Name == _embedding || (IsOfModel(entry.Name) && !tied.Contains(entry.Name)))
            .Select(entry => entry.Name == _embedding ? entry with { Name = Embedding } : entry)
            .ToDictionary(entry => entry.Name, StringComparer.Ordinal);
        (_checkpoint, _device) = (new TensorReader(checkpoint), device);
        Parameters = Entries.Values.Sum(entry => Numbers(entry.Shape));
        ComputeType = computeType(Parameters);
    }

    /// <summary>The model's tensors, without tied copies and without what else the checkpoint has.</summary>
    public IReadOnlyDictionary<string, TensorEntry> Entries { get; }

    public long Parameters { get; }

    /// <summary>The memory that the requested tensors use, in bytes.</summary>
    public long Bytes { get; private set; }

    /// <summary>The part of <see cref="Bytes"/> that packed matrices use.</summary>
    public long PackedBytes { get; private set; }

    /// <summary>The part of <see cref="Bytes"/> that matrices rounded to 8 bits use.</summary>
    public long RoundedBytes { get; private set; }

    /// <summary>The dtype of the matrices and of the tensors multiplied with them.</summary>
    public ScalarType ComputeType { get; }

    /// <summary>The dtype of the residual stream, of norms, softmax, logits and loss: at least fp32.</summary>
    public ScalarType StreamType => ComputeType == ScalarType.Float64 ? ScalarType.Float64 : ScalarType.Float32;

    /// <summary>A tensor that was requested as it is; borrowed.</summary>
    public Tensor this[string name] => _tensors[name];

    /// <summary>The matrix that was requested with this name as its first one.</summary>
    public Matrix MatrixOf(string name) => _matrices[name];

    /// <summary>The checkpoint's name of one of <see cref="Entries"/>.</summary>
    public string StoredName(string name) => name == Embedding ? _embedding : name;

    /// <summary>Checks that a stack has a number of layers, before anything is made for each of them.</summary>
    /// <param name="setting">The setting in <c>config.json</c> that gives the number.</param>
    /// <exception cref="ModelException">The checkpoint has fewer.</exception>
    public void CheckLayers(string stack, string setting, int layers)
    {
        var last = $"{stack}.block.{layers - 1}.";
        if (!Entries.Keys.Any(name => name.StartsWith(last, StringComparison.Ordinal)))
        {
            throw new ModelException($"config.json has {setting} {layers}, but the checkpoint has no tensor `{last}…`.");
        }
    }

    /// <summary>Requests a tensor as it is. It stays owned by these weights.</summary>
    /// <exception cref="ModelException">The checkpoint lacks it, or it has another shape.</exception>
    public Tensor Get(string name, ScalarType type, params long[] shape)
    {
        Check(name, shape);
        Bytes += Numbers(shape) * type.ElementSize();
        var tensor = _tensors[name] = Own(empty(shape, type, _device));
        _reads.Add(() => Read([name], tensor));
        return tensor;
    }

    /// <summary>Requests matrices with equal column counts, stacked, ready to multiply with. They stay owned by these weights.</summary>
    /// <param name="output">Rows of each.</param>
    /// <param name="isOfAnswers">Whether <see cref="Matrix.MultiplyFew"/> is used.</param>
    /// <exception cref="ModelException">The checkpoint lacks one, or it has another shape.</exception>
    public Matrix GetMatrix(IReadOnlyList<string> names, ScalarType type, long output, long input, bool isOfAnswers)
    {
        foreach (var name in names)
        {
            Check(name, [output, input]);
        }

        long[] shape = [names.Count * output, input];
        var isRounded = _roundsAnswers && isOfAnswers;
        var isHead = names[0] is Head or Embedding;
        var rounded = !isRounded ? 0 : isHead ? 2 * RoundedMatrix.Bytes(shape[0], input) : RoundedMatrix.Bytes(shape[0], input);
        RoundedBytes += rounded;
        Bytes += (Numbers(shape) * type.ElementSize()) + rounded;
        var isPacked = _device.type == DeviceType.CPU && LibTorch.CanPack(type, shape[0]);
        PackedBytes += isPacked ? Numbers(shape) * type.ElementSize() : 0;
        var matrix = _matrices[names[0]] = new Matrix(isPacked);
        _reads.Add(() =>
        {
            var rows = empty(shape, type, _device);
            Read(names, rows);
            matrix.Weight = Own(isPacked ? LibTorch.Pack(rows) : rows);
            if (isRounded)
            {
                matrix.Rounded = Own(RoundedMatrix.Of(rows));
                matrix.Rest = isHead ? Own(RoundedMatrix.Of(rows, matrix.Rounded)) : null;
            }
            else if (isOfAnswers && isPacked && type == ScalarType.Float32)
            {
                matrix.Packed = PackedMatrix.Of(matrix.Weight, shape[0], input);
            }
        });
        return matrix;
    }

    /// <summary>Reads the requested tensors on the processor's threads and closes the files.</summary>
    public void ReadAll()
    {
        // One tensor per thread: conversion, packing and the first touch of its memory run independently.
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
        while (_owned.TryTake(out var tensor))
        {
            tensor.Dispose();
        }
    }

    static bool IsOfModel(string name) =>
        name == Head || name.StartsWith("encoder.", StringComparison.Ordinal) || name.StartsWith("decoder.", StringComparison.Ordinal);

    static long Numbers(IEnumerable<long> shape) => shape.Aggregate(1L, (size, length) => size * length);

    Tensor Own(Tensor tensor)
    {
        _owned.Add(tensor.DetachFromDisposeScope());
        return tensor;
    }

    RoundedMatrix Own(RoundedMatrix matrix)
    {
        Own(matrix.Numbers);
        Own(matrix.Scales);
        Own(matrix.Sums);
        return matrix;
    }

    void Read(IReadOnlyList<string> names, Tensor all)
    {
        var rows = all.shape[0] / names.Count;
        for (var i = 0; i < names.Count; i++)
        {
            _checkpoint.Read(StoredName(names[i]), all.narrow(0, i * rows, rows));
        }
    }

    void Check(string name, long[] shape)
    {
        if (!Entries.TryGetValue(name, out var entry))
        {
            throw new ModelException($"the checkpoint lacks the tensor `{name}`.");
        }

        if (!entry.DType.IsFloatingPoint())
        {
            throw new ModelException(
                $"the checkpoint's tensor `{name}` is of type {entry.DType}: quantized checkpoints are not supported; "
                + "use the model's fp32, bf16 or fp16 checkpoint.");
        }

        if (!entry.Shape.SequenceEqual(shape))
        {
            throw new ModelException(
                $"the checkpoint's tensor `{name}` has the shape ({string.Join(", ", entry.Shape)}); config.json says ({string.Join(", ", shape)}).");
        }
    }
}
