using LoraHub.Formats.Checkpoints;
using LoraHub.Formats.Safetensors;
using LoraHub.Formats.Tensors;
using LoraHub.Formats.Tests.Pickle;

namespace LoraHub.Formats.Tests.Checkpoints;

public sealed class CheckpointReaderTests : IDisposable
{
    readonly TemporaryFolder _folder = new();

    /// <summary>1.5 and −2, or what of them the type can hold, in each type's bytes.</summary>
    public static TheoryData<DType, byte[], double[]> Numbers => new()
    {
        { DType.Float64, [.. BitConverter.GetBytes(1.5), .. BitConverter.GetBytes(-2.0)], [1.5, -2] },
        { DType.Float32, [.. BitConverter.GetBytes(1.5f), .. BitConverter.GetBytes(-2f)], [1.5, -2] },
        { DType.Float16, [.. BitConverter.GetBytes((Half)1.5), .. BitConverter.GetBytes((Half)(-2))], [1.5, -2] },
        { DType.BFloat16, [0xC0, 0x3F, 0x00, 0xC0], [1.5, -2] },
        { DType.Int64, [.. BitConverter.GetBytes(1L << 40), .. BitConverter.GetBytes(-2L)], [1L << 40, -2] },
        { DType.Int32, [.. BitConverter.GetBytes(1), .. BitConverter.GetBytes(-2)], [1, -2] },
        { DType.Int16, [1, 0, 0xFE, 0xFF], [1, -2] },
        { DType.Int8, [1, 0xFE], [1, -2] },
        { DType.Byte, [1, 0xFE], [1, 254] },
        { DType.Bool, [1, 0], [1, 0] },
    };

    [Theory]
    [MemberData(nameof(Numbers))]
    public void Elements_of_every_type_are_read_as_floating_point_numbers(DType type, byte[] bytes, double[] expected)
    {
        using var checkpoint = CheckpointReader.Open(Write("x.safetensors", new TensorEntry("a", type, [2]), bytes));

        Assert.Equal(expected, checkpoint.Read<double>("a"));
        Assert.Equal(expected.Select(number => (float)number), checkpoint.Read<float>("a"));
    }

    [Fact]
    public void A_tensor_longer_than_a_piece_is_read_whole()
    {
        float[] numbers = [.. Enumerable.Range(0, 600_000).Select(i => (float)i)];
        using var checkpoint = CheckpointReader.Open(
            Write("long.safetensors", new TensorEntry("a", DType.Float32, [2, 300_000]), [.. numbers.SelectMany(BitConverter.GetBytes)]));

        Assert.Equal(numbers, checkpoint.Read<float>("a"));
    }

    [Fact]
    public void A_strided_tensor_longer_than_a_piece_is_read_in_row_major_order()
    {
        const int rows = 1_000, columns = 600;
        float[] numbers = [.. Enumerable.Range(0, rows * columns).Select(i => (float)i)];
        var transposed = PickleBuilder.OfTensor(numbers.Length, 0, [columns, rows], [1, columns]);
        using var checkpoint = CheckpointReader.Open(_folder.File("strided.bin", transposed.Archive(numbers)));

        Assert.Equal(Enumerable.Range(0, columns).SelectMany(column => Enumerable.Range(0, rows).Select(row => (float)((row * columns) + column))),
            checkpoint.Read<float>("a"));
    }

    [Fact]
    public void A_file_that_was_cut_short_since_it_was_opened_is_an_error()
    {
        var file = Write("cut.safetensors", new TensorEntry("a", DType.Float32, [2]), new byte[8]);
        using var checkpoint = CheckpointReader.Open(file);
        using (var stream = new FileStream(file, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
        {
            stream.SetLength(stream.Length - 1);
        }

        var error = Assert.Throws<CheckpointException>(() => checkpoint.Read<float>("a"));

        Assert.Contains("truncated", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_unknown_name_is_an_error_that_names_the_file()
    {
        using var checkpoint = CheckpointReader.Open(Golden.Path("pickle/torch/fp32.bin"));

        var error = Assert.Throws<CheckpointException>(() => checkpoint.Read<float>("none"));

        Assert.Contains("fp32.bin: there is no tensor 'none'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Memory_of_another_length_than_the_tensor_is_an_error()
    {
        using var checkpoint = CheckpointReader.Open(Write("x.safetensors", new TensorEntry("a", DType.Float32, [2]), new byte[8]));

        Assert.Throws<ArgumentException>(() => checkpoint.Read<float>("a", new float[3]));
    }

    public void Dispose() => _folder.Dispose();

    string Write(string name, TensorEntry entry, byte[] bytes)
    {
        using var stream = File.Create(_folder.File(name));
        SafetensorsWriter.Write(stream, [entry], (_, write) => write(bytes));

        return _folder.File(name);
    }
}
