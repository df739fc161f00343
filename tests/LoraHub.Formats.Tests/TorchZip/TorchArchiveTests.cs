using CsCheck;

using LoraHub.Formats.Checkpoints;
using LoraHub.Formats.Pickle;
using LoraHub.Formats.Tensors;
using LoraHub.Formats.Tests.Pickle;

namespace LoraHub.Formats.Tests.TorchZip;

/// <summary>Cases that tests/golden/pickle does not cover: pickles made by hand, opcode by opcode.</summary>
public sealed class TorchArchiveTests : IDisposable
{
    readonly TemporaryFolder _folder = new();

    /// <summary>The claim; the elements of the storage, which holds 4; offset, shape and strides.</summary>
    public static TheoryData<string, long, long, long[], long[]> Lies => new()
    {
        { "4 TiB over 16 bytes", 1L << 40, 0, [1L << 20, 1L << 20], [1L << 20, 1] },
        { "a storage whose bytes overflow", 1L << 62, 0, [4], [1] },
        { "a negative storage", -4, 0, [4], [1] },
        { "a product that overflows to 0", 4, 0, [1L << 32, 1L << 32], [1, 1] },
        { "a product that overflows before a 0", 4, 0, [1L << 62, 1L << 62, 0], [1, 1, 1] },
        { "an offset that overflows", 4, long.MaxValue, [4], [1] },
        { "strides that overflow to 0", 4, 0, [3, 3], [1L << 62, 1L << 62] },
        { "a stride for one element too many", 4, 0, [2, 2], [2, 2] },
        { "an empty tensor beyond the end", 4, 5, [0], [1] },
        { "more elements than stored", 4, 0, [5], [0] },
        { "65 dimensions", 4, 0, [.. Enumerable.Repeat(1L, 65)], [.. Enumerable.Repeat(1L, 65)] },
    };

    static readonly Dictionary<string, PickleBuilder> BadPickles = new()
    {
        ["200,000 marks"] = new PickleBuilder().Op(new string('(', 200_000)),
        ["200,000 values"] = new PickleBuilder().Op(new string('}', 200_000)),
        ["more than a million opcodes"] = new PickleBuilder().Op("}q\0" + string.Concat(Enumerable.Repeat("h\0b", 600_000)) + "."),
        ["a shape of 99,990 sizes"] = new PickleBuilder().Op("}(").Text("a").Tensor(4, 0, new long[99_990], [1]).Op("u."),
        ["a value from below a mark"] = new PickleBuilder().Op("}}(b."),
        ["a key without a value"] = new PickleBuilder().Op("}(").Text("a").Op("u."),
        ["a key twice"] = new PickleBuilder().Op("}(").Text("a").Op(")").Text("a").Op(")u."),
        ["a key that is a number"] = new PickleBuilder().Op("}(").Integer(1).Op(")u."),
        ["a memo never put"] = new PickleBuilder().Op("h\0."),
        ["nothing on the stack"] = new PickleBuilder().Op("."),
        ["two values at the end"] = new PickleBuilder().Op("}}."),
        ["bytes after the end"] = new PickleBuilder().Op("}.}"),
        ["no end"] = new PickleBuilder().Op("}"),
        ["text longer than the pickle"] = new PickleBuilder().Op("X").Raw(255, 255, 255, 255),
        ["text that is not UTF-8"] = new PickleBuilder().Op("X").Raw(1, 0, 0, 0, 255).Op("."),
        ["an integer of 9 bytes"] = new PickleBuilder().Raw(0x8A, 9, 0, 0, 0, 0, 0, 0, 0, 0, 1).Op("."),
        ["a module with an allowed name inside"] = new PickleBuilder().Global("torch FloatStorage", "x").Op("."),
        ["an allowed name without a module"] = new PickleBuilder().Global("", "torch FloatStorage").Op("."),
        ["a class called with arguments"] = new PickleBuilder().Global("collections", "OrderedDict").Op("}\u0085R."),
        ["a storage type called"] = new PickleBuilder().Global("torch", "FloatStorage").Op(")R."),
        ["a state for a tensor"] = new PickleBuilder().Op("}(").Text("a").Tensor(4, 0, [4], [1]).Op("}bu."),
        ["a dictionary in itself"] = new PickleBuilder().Op("}q\0").Text("a").Op("h\0s."),
        ["a number among the tensors"] = new PickleBuilder().Op("}").Text("a").Integer(1).Op("s."),
        ["protocol 4"] = new PickleBuilder().Raw(0x80, 4).Op("}."),
    };

    public static TheoryData<string> BadPickleNames => [.. BadPickles.Keys];

    [Theory]
    [MemberData(nameof(Lies))]
    public void A_tensor_larger_than_its_storage_is_refused(string lie, long storage, long offset, long[] shape, long[] strides)
    {
        var file = _folder.File("lie.bin", PickleBuilder.OfTensor(storage, offset, shape, strides).Archive(1, 2, 3, 4));

        var refusal = Assert.Throws<CheckpointException>(() => CheckpointReader.Open(file));

        Assert.True(refusal.Message.Contains("'a'") || refusal.Message.Contains("a shape must be"), $"{lie}: {refusal.Message}");
    }

    [Theory]
    [MemberData(nameof(BadPickleNames))]
    public void A_bad_pickle_is_refused(string what)
    {
        var file = _folder.File("bad.bin", BadPickles[what].Archive(1, 2, 3, 4));

        Assert.Throws<CheckpointException>(() => CheckpointReader.Open(file));
    }

    [Fact]
    public void Opcodes_in_any_order_give_a_dictionary_or_a_refusal()
    {
        var opcodes = Gen.OneOf<byte[]>(
            Gen.Enum<Opcode>().Select(opcode => new[] { (byte)opcode }),
            Gen.OneOf<byte[]>(new PickleBuilder().Text("a").Body, new PickleBuilder().OrderedDictionary().Body,
                new PickleBuilder().Tensor(4, 0, [4], [1]).Body),
            Gen.Byte.Select(any => new[] { any }));

        opcodes.Array[0, 40].Sample(parts =>
        {
            try
            {
                Assert.NotNull(Unpickler.Load("any.bin", [.. parts.SelectMany(part => part), (byte)Opcode.Stop]));
            }
            catch (CheckpointException refusal)
            {
                Assert.StartsWith("any.bin: ", refusal.Message, StringComparison.Ordinal);
            }
        }, iter: 10_000);
    }

    [Fact]
    public void The_metadata_of_a_state_dict_is_ignored()
    {
        var pickle = new PickleBuilder().OrderedDictionary().Op("(").Text("a").Tensor(4, 0, [2, 2], [2, 1]).Op("u")
            .Op("}").Text("_metadata").OrderedDictionary().Text("").Op("}").Text("version").Integer(1).Op("sssb.");
        using var checkpoint = CheckpointReader.Open(_folder.File("state_dict.bin", pickle.Archive(1, 2, 3, 4)));

        Assert.Equal([1, 2, 3, 4], checkpoint.Read<float>("a"));
    }

    [Fact]
    public void An_unaligned_strided_tensor_is_read_as_contiguous()
    {
        for (var shift = 0; shift < 4; shift++)
        {
            var archive = PickleBuilder.OfTensor(6, 1, [2, 2], [1, 3])
                .Archive(new string('r', shift) + "/", [.. new float[] { 0, 1, 2, 3, 4, 5 }.SelectMany(BitConverter.GetBytes)]);
            using var checkpoint = CheckpointReader.Open(_folder.File($"{shift}.bin", archive));

            Assert.Equal([1, 4, 2, 5], checkpoint.Read<float>("a"));
        }
    }

    [Fact]
    public void Records_may_lie_at_the_root_of_the_archive()
    {
        using var checkpoint =
            CheckpointReader.Open(_folder.File("root.bin", PickleBuilder.OfTensor(1, 0, [], []).Archive("", BitConverter.GetBytes(7f))));

        Assert.Equal(7, Assert.Single(checkpoint.Read<float>("a")));
    }

    public void Dispose() => _folder.Dispose();
}
