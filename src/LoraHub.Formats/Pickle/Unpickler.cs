using System.Buffers.Binary;
using System.Collections.Frozen;
using System.Text;
using System.Text.Unicode;

using LoraHub.Formats.Tensors;

namespace LoraHub.Formats.Pickle;

/// <summary>
/// A stack machine that reads only pickled dictionaries of tensors. It accepts the opcodes and global names that <c>torch.save</c> (protocol 2)
/// needs for them and rejects all others. It cannot call anything.
/// Sources: CPython, Lib/pickletools.py; torch/_utils.py.
/// </summary>
sealed class Unpickler
{
    const uint MaxTextBytes = 4096; // every use of a key hashes it, so long keys would take unbounded time
    const int MaxOpcodes = 1_000_000;
    const int MaxStack = 100_000;
    const int MaxMarks = 64;
    const int MaxNameBytes = 256;

    static readonly FrozenDictionary<string, object> Globals =
        new Dictionary<string, object>
        {
            ["torch._utils _rebuild_tensor_v2"] = PickledGlobal.RebuildTensor,
            ["torch._utils _rebuild_parameter"] = PickledGlobal.RebuildParameter,
            ["collections OrderedDict"] = PickledGlobal.OrderedDictionary,
        }
        .Concat(DTypes.TorchStorages.Select(pair => KeyValuePair.Create("torch " + pair.Key, (object)new PickledStorageType(pair.Value))))
        .ToFrozenDictionary();

    readonly string _file;
    readonly byte[] _pickle;
    readonly List<object> _stack = [];
    readonly Stack<int> _marks = [];
    readonly Dictionary<uint, object> _memo = [];
    int _position;

    Unpickler(string file, byte[] pickle)
    {
        _file = file;
        _pickle = pickle;
    }

    /// <summary>Reads the dictionary of a pickle without validating its values.</summary>
    /// <exception cref="CheckpointException">The pickle is damaged, contains something else, or requests code execution.</exception>
    public static PickledDictionary Load(string file, byte[] pickle)
    {
        var unpickler = new Unpickler(file, pickle);
        unpickler.Run();

        return unpickler.Pop<object>() as PickledDictionary
            ?? throw new CheckpointException(file, "the pickle does not contain a dictionary of tensors.");
    }

    void Run()
    {
        for (var count = 0; count < MaxOpcodes; count++)
        {
            var opcode = (Opcode)Take(1)[0];
            if (opcode == Opcode.Stop)
            {
                Require(_stack.Count == 1 && _marks.Count == 0 && _position == _pickle.Length, "it must end with one value");

                return;
            }

            Execute(opcode);
            Require(_stack.Count <= MaxStack && _marks.Count <= MaxMarks, $"it nests more than {MaxMarks} levels or {MaxStack} values deep");
        }

        throw Error($"it has more than {MaxOpcodes} opcodes");
    }

    void Execute(Opcode opcode)
    {
        switch (opcode)
        {
            case Opcode.Proto: CheckProtocol(Take(1)[0]); break;
            case Opcode.Mark: _marks.Push(_stack.Count); break;
            case Opcode.SetItem: SetItems(PopMany(2)); break;
            case Opcode.SetItems: SetItems(PopMany(_stack.Count - PopMark())); break;
            case Opcode.Build: DropState(); break;
            case Opcode.BinPut: _memo[Take(1)[0]] = Peek(); break;
            case Opcode.LongBinPut: _memo[BinaryPrimitives.ReadUInt32LittleEndian(Take(4))] = Peek(); break;
            default: _stack.Add(Value(opcode)); break;
        }
    }

    /// <summary>Returns the value that an opcode pushes on the stack.</summary>
    object Value(Opcode opcode) => opcode switch
    {
        Opcode.None => PickledNone.Value,
        Opcode.NewTrue => true,
        Opcode.NewFalse => false,
        Opcode.BinInt => (long)BinaryPrimitives.ReadInt32LittleEndian(Take(4)),
        Opcode.BinInt1 => (long)Take(1)[0],
        Opcode.BinInt2 => (long)BinaryPrimitives.ReadUInt16LittleEndian(Take(2)),
        Opcode.Long1 => TakeLong(),
        Opcode.BinUnicode => TakeText(BinaryPrimitives.ReadUInt32LittleEndian(Take(4))),
        Opcode.EmptyTuple => Array.Empty<object>(),
        Opcode.Tuple1 => PopMany(1),
        Opcode.Tuple2 => PopMany(2),
        Opcode.Tuple3 => PopMany(3),
        Opcode.Tuple => PopMany(_stack.Count - PopMark()),
        Opcode.EmptyDict => new PickledDictionary(),
        Opcode.Global => TakeGlobal(),
        Opcode.Reduce => Reduce(Pop<object[]>(), Pop<PickledGlobal>()),
        Opcode.BinPersId => Storage(Pop<object[]>()),
        Opcode.BinGet => Recall(Take(1)[0]),
        Opcode.LongBinGet => Recall(BinaryPrimitives.ReadUInt32LittleEndian(Take(4))),
        _ => throw Error($"opcode 0x{(byte)opcode:X2} is not allowed in a dictionary of tensors"),
    };

    void CheckProtocol(byte protocol) => Require(protocol == 2, $"it has protocol {protocol}; torch.save writes protocol 2");

    object Reduce(object[] arguments, PickledGlobal function) => (function, arguments) switch
    {
        (PickledGlobal.OrderedDictionary, []) => new PickledDictionary(),
        (PickledGlobal.RebuildParameter, [PickledTensor tensor, bool, PickledDictionary { Count: 0 }]) => tensor,
        (PickledGlobal.RebuildTensor,
            [PickledStorage storage, long offset, object[] shape, object[] strides, bool, PickledDictionary { Count: 0 }]) =>
            new PickledTensor(storage, offset, Integers(shape), Integers(strides)),
        _ => throw Error($"{function} has arguments that torch.save does not write"),
    };

    /// <summary>Ignores the <c>_metadata</c> of a module's state_dict: versions of its layers, unrelated to its tensors.</summary>
    void DropState()
    {
        Pop<PickledDictionary>();
        Require(Peek() is PickledDictionary, "only a dictionary may have a state");
    }

    PickledStorage Storage(object[] id) =>
        id is ["storage", PickledStorageType type, string key, string, long elements]
            ? new PickledStorage(type.DType, key, elements)
            : throw Error("a persistent id must be (\"storage\", type, key, location, elements)");

    void SetItems(object[] items)
    {
        Require(items.Length % 2 == 0 && Peek() is PickledDictionary, "items come in pairs and go into a dictionary");
        var dictionary = (PickledDictionary)Peek();
        for (var i = 0; i < items.Length; i += 2)
        {
            Require(items[i] is string, "the key of a dictionary must be a string");
            Require(dictionary.TryAdd((string)items[i], items[i + 1]), $"the key '{items[i]}' occurs twice");
        }
    }

    long[] Integers(object[] values)
    {
        Require(
            values.Length <= Shapes.MaxRank && values.All(value => value is long),
            $"a shape must be a tuple of at most {Shapes.MaxRank} integers");

        return [.. values.Cast<long>()];
    }

    object TakeGlobal()
    {
        var name = $"{TakeLine()} {TakeLine()}";

        return Globals.TryGetValue(name, out var value)
            ? value
            : throw Error(
                $"it refers to '{name.Replace(' ', '.')}', which is not allowed: the file is not a plain dictionary of tensors and may be malicious");
    }

    string TakeLine()
    {
        var length = _pickle.AsSpan(_position).IndexOf((byte)'\n');
        Require(length is >= 0 and <= MaxNameBytes, "a global's name must be a short line");
        var line = TakeText((uint)length);
        _position++;

        return line;
    }

    string TakeText(uint length)
    {
        Require(length <= MaxTextBytes, $"a string has {length} bytes; the limit is {MaxTextBytes}");
        var bytes = Take(length);
        Require(Utf8.IsValid(bytes), "a string is not UTF-8");

        return Encoding.UTF8.GetString(bytes);
    }

    long TakeLong()
    {
        var bytes = Take(Take(1)[0]);
        Require(bytes.Length is > 0 and <= sizeof(long), "an integer must have 1 to 8 bytes");
        long value = (sbyte)bytes[^1];
        for (var i = bytes.Length - 2; i >= 0; i--)
        {
            value = (value << 8) | bytes[i];
        }

        return value;
    }

    ReadOnlySpan<byte> Take(uint count)
    {
        Require(count <= _pickle.Length - _position, "it ends in the middle of an opcode");
        _position += (int)count;

        return _pickle.AsSpan(_position - (int)count, (int)count);
    }

    object Peek() => _stack.Count > Floor ? _stack[^1] : throw Error("it uses an empty stack");

    T Pop<T>()
    {
        var value = Peek() is T wanted ? wanted : throw Error($"expected a {typeof(T).Name}, found a {Peek().GetType().Name}");
        _stack.RemoveAt(_stack.Count - 1);

        return value;
    }

    object[] PopMany(int count)
    {
        Require(_stack.Count - Floor >= count, "it uses an empty stack");
        object[] values = [.. _stack.GetRange(_stack.Count - count, count)];
        _stack.RemoveRange(_stack.Count - count, count);

        return values;
    }

    int PopMark() => _marks.TryPop(out var mark) ? mark : throw Error("a mark is missing");

    // Values below the last mark are inaccessible until it is popped.
    int Floor => _marks.TryPeek(out var mark) ? mark : 0;

    object Recall(uint index) => _memo.TryGetValue(index, out var value) ? value : throw Error($"memo {index} is empty");

    void Require(bool condition, string problem)
    {
        if (!condition)
        {
            throw Error(problem);
        }
    }

    CheckpointException Error(string problem) => new(_file, $"the pickle cannot be read at byte {_position}: {problem}.");
}
