using static TorchSharp.torch;

namespace LoraHub.Inference.T5;

/// <summary>Keys and values of the positions decoded so far, and of the encoder's states. Owns its tensors; one generation each.</summary>
sealed class DecoderCache(int layers) : IDisposable
{
    readonly KeysValues?[] _own = new KeysValues?[layers];
    readonly KeysValues?[] _memory = new KeysValues?[layers];

    /// <summary>The number of cached positions.</summary>
    public int Length { get; private set; }

    /// <summary>Appends the keys and values of new positions to a layer and returns all of the layer's, (B, H, Length + T, K).</summary>
    public KeysValues Append(int layer, KeysValues next)
    {
        var all = _own[layer] is { } held
            ? new KeysValues(cat([held.Keys, next.Keys], 2), cat([held.Values, next.Values], 2))
            : new KeysValues(next.Keys.clone(), next.Values.clone());
        Dispose(_own[layer]);
        _own[layer] = Keep(all);
        return all;
    }

    /// <summary>A layer's keys and values of the encoder's states, projected once.</summary>
    public KeysValues Memory(int layer, Func<KeysValues> project) => _memory[layer] ??= Keep(project());

    public void Advance(int positions) => Length += positions;

    public void Dispose()
    {
        foreach (var pair in _own.Concat(_memory))
        {
            Dispose(pair);
        }
    }

    static KeysValues Keep(KeysValues pair)
    {
        pair.Keys.DetachFromDisposeScope();
        pair.Values.DetachFromDisposeScope();
        return pair;
    }

    static void Dispose(KeysValues? pair)
    {
        pair?.Keys.Dispose();
        pair?.Values.Dispose();
    }
}
