using System.Buffers.Binary;
using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Text;

namespace LoraHub.Formats.Tests.Pickle;

/// <summary>Writes pickles opcode by opcode, good and bad ones, and the archives around them.</summary>
sealed class PickleBuilder
{
    readonly List<byte> _bytes = [0x80, 2];

    public byte[] Bytes => [.. _bytes];

    /// <summary>Without the protocol.</summary>
    public byte[] Body => [.. _bytes.Skip(2)];

    /// <summary>A dictionary of one tensor, <c>a</c>, over float32 storage <c>0</c>.</summary>
    public static PickleBuilder OfTensor(long storage, long offset, long[] shape, long[] strides) =>
        new PickleBuilder().Op("}(").Text("a").Tensor(storage, offset, shape, strides).Op("u.");

    public PickleBuilder Op(string opcodes) => Raw(Encoding.Latin1.GetBytes(opcodes));

    public PickleBuilder Raw(params byte[] raw)
    {
        _bytes.AddRange(raw);

        return this;
    }

    public PickleBuilder Global(string module, string name) => Op($"c{module}\n{name}\n");

    public PickleBuilder Text(string text)
    {
        var utf8 = Encoding.UTF8.GetBytes(text);
        var length = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(length, utf8.Length);

        return Op("X").Raw(length).Raw(utf8);
    }

    public PickleBuilder Integer(long value)
    {
        var eight = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(eight, value);

        return Raw(0x8A, 8).Raw(eight);
    }

    public PickleBuilder Integers(params long[] values) => values.Aggregate(Op("("), (pickle, value) => pickle.Integer(value)).Op("t");

    public PickleBuilder Tensor(long storage, long offset, long[] shape, long[] strides) =>
        Global("torch._utils", "_rebuild_tensor_v2").Op("((").Text("storage").Global("torch", "FloatStorage").Text("0").Text("cpu")
            .Integer(storage).Op("tQ")
            .Integer(offset).Integers(shape).Integers(strides).Raw(0x89).OrderedDictionary().Op("tR");

    public PickleBuilder OrderedDictionary() => Global("collections", "OrderedDict").Op(")R");

    /// <summary>A torch archive of this pickle and one storage.</summary>
    public byte[] Archive(params float[] storage) => Archive("archive/", MemoryMarshal.AsBytes(storage.AsSpan()).ToArray());

    public byte[] Archive(string root, byte[] storage)
    {
        using var stream = new MemoryStream();
        using (var zip = new ZipArchive(stream, ZipArchiveMode.Create))
        {
            Add(zip, root + "data.pkl", Bytes);
            Add(zip, root + "data/0", storage);
        }

        return stream.ToArray();
    }

    static void Add(ZipArchive zip, string name, byte[] content)
    {
        using var record = zip.CreateEntry(name, CompressionLevel.NoCompression).Open();
        record.Write(content);
    }
}
