using LoraHub.Formats.ModelConfig;
using LoraHub.Inference.Kernels;

using static TorchSharp.torch;

namespace LoraHub.Inference.T5;

/// <summary>
/// The decoder's keys and values of the encoder's states of one input. Its creator and the rows of the answer share it; the last to return it
/// disposes its tensors.
/// </summary>
sealed class AnswerMemory
{
    readonly Tensor? _visible; // the places that are attended to; null for all

    int _users = 1;

    /// <param name="ids">The input; its pad tokens are hidden.</param>
    public AnswerMemory(T5Config config, IReadOnlyList<int> ids, int pad, ScalarType type, Device device)
    {
        var visible = Enumerable.Range(0, ids.Count).Where(place => ids[place] != pad).Select(place => (long)place).ToArray();
        if (visible.Length is var count && count > 0 && count < ids.Count)
        {
            _visible = tensor(visible, device: device).DetachFromDisposeScope();
        }

        Length = _visible is null ? ids.Count : visible.Length;
        Numbers = empty([config.DecoderLayers, 2, config.NumHeads, Length, config.DKv], type, device).DetachFromDisposeScope();
    }

    /// <summary>S, the places attended to.</summary>
    public int Length { get; }

    /// <summary>Keys, then values, of every layer, (layers, 2, H, S, K).</summary>
    public Tensor Numbers { get; }

    /// <param name="place">0 for keys, 1 for values.</param>
    /// <param name="projected">Of all places, (H, places, K).</param>
    public void Write(int layer, int place, Tensor projected)
    {
        using var scope = NewDisposeScope();
        Numbers[layer, place].copy_(_visible is null ? projected : projected.index_select(1, _visible));
    }

    public AnswerMemory Share()
    {
        _users++;
        return this;
    }

    public void Return()
    {
        if (--_users == 0)
        {
            Numbers.Dispose();
            _visible?.Dispose();
        }
    }
}

/// <summary>
/// One row of the decoder between two tokens: its own keys and values, with room for more, and the input's. Rows have nothing in common, so
/// each comes and goes without the others. Owns its tensors; the memory is shared.
/// </summary>
sealed class AnswerRow : IDisposable
{
    const int FirstRoom = 32;

    readonly AnswerMemory _memory;
    readonly int _most;
    Tensor _own; // (layers, 2, H, room, K)

    /// <param name="most">The most tokens that the row will decode.</param>
    public AnswerRow(AnswerMemory memory, int most)
        : this(memory.Share(), most, Room(memory.Numbers, Math.Min(FirstRoom, most)), 0)
    {
    }

    AnswerRow(AnswerMemory memory, int most, Tensor own, int length) => (_memory, _most, _own, Length) = (memory, most, own, length);

    /// <summary>The tokens that the decoder has seen.</summary>
    public int Length { get; private set; }

    /// <summary>Room for one more token; its keys and values are not written yet.</summary>
    public void Extend()
    {
        var room = (int)_own.shape[3];
        if (Length == room)
        {
            using var before = _own;
            _own = Room(before, Math.Min(2 * room, _most));
            Copy(before, _own, Length);
        }

        Length++;
    }

    /// <summary>A second row that continues from the same tokens.</summary>
    public AnswerRow Fork()
    {
        var own = Room(_own, (int)_own.shape[3]);
        Copy(_own, own, Length);
        return new AnswerRow(_memory.Share(), _most, own, Length);
    }

    /// <summary>Where a kernel finds the row's own keys and values.</summary>
    public AttendedRow Own() => AttendedRow.Of(_own, Length);

    /// <summary>Where a kernel finds those of the input.</summary>
    public AttendedRow Memory() => AttendedRow.Of(_memory.Numbers, _memory.Length);

    /// <summary>A layer's own keys and values, (2, H, Length, K); belong to the caller's scope.</summary>
    public Tensor OwnOf(int layer) => _own.select(0, layer).narrow(2, 0, Length);

    /// <summary>Those of the input, (2, H, S, K); belong to the caller's scope.</summary>
    public Tensor MemoryOf(int layer) => _memory.Numbers.select(0, layer);

    public void Dispose()
    {
        _own.Dispose();
        _memory.Return();
    }

    /// <summary>Empty, like another row, but with other room.</summary>
    static Tensor Room(Tensor like, int room) =>
        empty([like.shape[0], 2, like.shape[2], room, like.shape[4]], like.dtype, like.device).DetachFromDisposeScope();

    static void Copy(Tensor from, Tensor to, int length)
    {
        using var scope = NewDisposeScope();
        to.narrow(3, 0, length).copy_(from.narrow(3, 0, length));
    }
}
