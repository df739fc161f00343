using static TorchSharp.torch;

namespace LoraHub.Inference.Kernels;

/// <summary>
/// How oneDNN lays a packed fp32 matrix out in memory: blocks of rows, in each the columns one after the other, of each column one number for
/// every row. Found by looking, because oneDNN does not promise it.
/// </summary>
/// <param name="Rows">Of a block: 64 with AVX-512, 24 with AVX2. The last block is filled up.</param>
readonly record struct PackedLayout(int Rows)
{
    static readonly Lazy<PackedLayout?> Found = new(Find);

    /// <summary>Null if matrices are not packed here, or laid out in another way.</summary>
    public static PackedLayout? Here => Found.Value;

    /// <summary>The columns that there is room for, or 0 if a packed matrix of so many bytes is not laid out like this.</summary>
    public long Room(long output, long input, long bytes)
    {
        var column = (output + Rows - 1) / Rows * Rows * sizeof(float);
        return bytes % column == 0 && bytes / column >= input ? bytes / column : 0;
    }

    static PackedLayout? Find()
    {
        const long Output = 192, Input = 100;
        if (!LibTorch.CanPack(ScalarType.Float32, Output) || !LibTorch.CanPointPacked)
        {
            return null;
        }

        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var matrix = arange(LiveScalar.Of(0), LiveScalar.Of(Output * Input), LiveScalar.One, dtype: ScalarType.Float32).view(Output, Input);
        var packed = LibTorch.Pack(matrix);
        PackedLayout[] known = [new(64), new(24)];
        return known.Where(layout => layout.Holds(packed, Output, Input)).Select(layout => (PackedLayout?)layout).FirstOrDefault();
    }

    /// <summary>Whether the packed matrix is 0, 1, 2 … row by row.</summary>
    unsafe bool Holds(Tensor packed, long output, long input)
    {
        var numbers = (float*)LibTorch.PackedData(packed, out var bytes);
        var room = Room(output, input, bytes);
        for (var i = 0L; room > 0 && i < output * input; i++)
        {
            var (row, column) = (i / input, i % input);
            room = numbers[(((row / Rows * room) + column) * Rows) + (row % Rows)] == i ? room : 0;
        }

        return room > 0;
    }
}

/// <summary>A packed matrix that <see cref="PackedProduct"/> can read; the tensor that holds it must outlive it.</summary>
/// <param name="Room">The columns of a block, some of them unused.</param>
/// <param name="Output">The matrix's rows.</param>
sealed record PackedMatrix(nint Numbers, PackedLayout Layout, long Room, long Output)
{
    /// <param name="packed">(out, in), fp32.</param>
    /// <returns>Null if it is laid out in a way that is not known.</returns>
    public static unsafe PackedMatrix? Of(Tensor packed, long output, long input)
    {
        if (output % 64 != 0 || PackedLayout.Here is not { } layout)
        {
            return null;
        }

        var numbers = (nint)LibTorch.PackedData(packed, out var bytes);
        return layout.Room(output, input, bytes) is > 0 and var room ? new PackedMatrix(numbers, layout, room, output) : null;
    }
}
