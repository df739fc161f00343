using LoraHub.Inference.Checkpoints;

using static TorchSharp.torch;

namespace LoraHub.Inference.T5;

/// <summary>The tensors of a T5 checkpoint on their device, by the checkpoint's names. Owns them.</summary>
sealed class T5Weights : IDisposable
{
    const string Shared = "shared.weight";

    readonly Dictionary<string, Tensor> _tensors = new(StringComparer.Ordinal);

    /// <summary>Reads the checkpoint of a Hugging Face folder.</summary>
    /// <param name="computeType">Says, from the number of parameters, which dtype the matrices shall have.</param>
    /// <exception cref="CheckpointException">The checkpoint is missing, broken or not safe to read.</exception>
    public T5Weights(string folder, Device device, Func<long, ScalarType> computeType)
    {
        using var checkpoint = Checkpoint.OpenModel(folder);
        ComputeType = computeType(checkpoint.Entries.Values.Sum(entry => entry.Shape.Aggregate(1L, (size, length) => size * length)));
        var hasShared = checkpoint.Entries.ContainsKey(Shared);
        try
        {
            // The stacks' own embeddings are tied copies.
            foreach (var name in checkpoint.Entries.Keys.Where(name => !hasShared || !name.EndsWith("embed_tokens.weight", StringComparison.Ordinal)))
            {
                using var scope = NewDisposeScope();
                var type = name.EndsWith("layer_norm.weight", StringComparison.Ordinal) ? StreamType : ComputeType; // norms act on the residual stream
                _tensors[name] = checkpoint.Read(name).to(type, device, copy: true).DetachFromDisposeScope();
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The dtype of the matrices and of what is multiplied with them.</summary>
    public ScalarType ComputeType { get; }

    /// <summary>The dtype of the residual stream, of norms, softmax, logits and loss: at least fp32.</summary>
    public ScalarType StreamType => ComputeType == ScalarType.Float64 ? ScalarType.Float64 : ScalarType.Float32;

    public long Bytes => _tensors.Values.Sum(tensor => tensor.numel() * tensor.element_size());

    public long Parameters => _tensors.Values.Sum(tensor => tensor.numel());

    public IReadOnlyCollection<string> Names => _tensors.Keys;

    /// <summary>A tensor by its whole name; stays owned by these weights.</summary>
    public Tensor this[string name] => _tensors[name];

    /// <summary>The token embedding, (vocabulary, d_model).</summary>
    public Tensor Embedding(T5Config config) =>
        Get(_tensors.ContainsKey(Shared) ? Shared : "encoder.embed_tokens.weight", config.VocabSize, config.DModel);

    /// <summary>A tensor that stays owned by these weights.</summary>
    /// <exception cref="ModelException">The checkpoint lacks it, or it has another shape.</exception>
    public Tensor Get(string name, params ReadOnlySpan<long> shape)
    {
        if (!_tensors.TryGetValue(name, out var tensor))
        {
            throw new ModelException($"the checkpoint lacks the tensor `{name}`.");
        }

        return tensor.shape.AsSpan().SequenceEqual(shape)
            ? tensor
            : throw new ModelException(
                $"the checkpoint's tensor `{name}` has the shape ({string.Join(", ", tensor.shape)}); config.json says ({string.Join(", ", shape.ToArray())}).");
    }

    public void Dispose()
    {
        foreach (var tensor in _tensors.Values)
        {
            tensor.Dispose();
        }

        _tensors.Clear();
    }
}
