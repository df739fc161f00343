using System.Runtime.InteropServices;

using static TorchSharp.torch;

namespace LoraHub.Inference.Kernels;

/// <summary>
/// A matrix, (out, in), rounded to 8 bits: each row is a scale times whole numbers of −127 to 127. Stored as <see cref="RoundedProduct"/> reads
/// it: blocks of 32 rows, in each four columns after the other, of each row four numbers.
/// </summary>
/// <param name="Output">out.</param>
/// <param name="Numbers">int8, (blocks, in / 4, 32, 4), filled up with 0.</param>
/// <param name="Scales">fp32, (blocks · 32).</param>
/// <param name="Sums">Of each row's whole numbers, int32, (blocks · 32).</param>
/// <remarks>Its tensors belong to the scope in which it was made.</remarks>
sealed record RoundedMatrix(long Output, Tensor Numbers, Tensor Scales, Tensor Sums)
{
    public const int BlockRows = 32;

    /// <summary>Columns that lie together.</summary>
    public const int Together = 4;

    const int Largest = 127;

    /// <summary>Bytes of a matrix of this shape.</summary>
    public static long Bytes(long output, long input) => Blocks(output) * BlockRows * (Room(input) + sizeof(int) + sizeof(float));

    /// <param name="rows">(out, in), fp32 or bf16, contiguous, in CPU memory.</param>
    /// <param name="first">Null, or these rows rounded once: the rest is rounded then.</param>
    /// <returns>Its tensors belong to the caller's scope.</returns>
    public static unsafe RoundedMatrix Of(Tensor rows, RoundedMatrix? first = null)
    {
        var (output, input) = (rows.shape[0], rows.shape[1]);
        var room = Room(input);
        var numbers = zeros([Blocks(output), room / Together, BlockRows, Together], ScalarType.Int8);
        var (scales, sums) = (zeros([Blocks(output) * BlockRows], ScalarType.Float32), zeros([Blocks(output) * BlockRows], ScalarType.Int32));
        var (from, to) = ((nint)LibTorch.Data(rows), (nint)LibTorch.Data(numbers));
        var (scale, sum) = ((nint)LibTorch.Data(scales), (nint)LibTorch.Data(sums));
        var (firstNumbers, firstScales) = first is null ? (to, scale) : ((nint)LibTorch.Data(first.Numbers), (nint)LibTorch.Data(first.Scales));
        for (var row = 0L; row < output; row++)
        {
            var place = (row / BlockRows * BlockRows * room) + (row % BlockRows * Together);
            var known = new Known((sbyte*)firstNumbers + place, ((float*)firstScales)[row]); // 0 without a first rounding: nothing is written yet
            ((float*)scale)[row] = rows.dtype == ScalarType.BFloat16
                ? Round<BFloat16>((void*)from, row * input, input, known, (sbyte*)to + place, (int*)sum + row)
                : Round<Float32>((void*)from, row * input, input, known, (sbyte*)to + place, (int*)sum + row);
        }

        return new RoundedMatrix(output, numbers, scales, sums);
    }

    /// <summary>What it stands for, (out, in), fp32; belongs to the caller's scope.</summary>
    public Tensor Unrounded(long input)
    {
        using var scope = NewDisposeScope();
        var rows = Numbers.transpose(1, 2).flatten(0, 1).flatten(1).to(ScalarType.Float32); // (blocks · 32, in filled up)
        return rows.mul(Scales.unsqueeze(1)).narrow(0, 0, Output).narrow(1, 0, input).MoveToOuterDisposeScope();
    }

    static long Blocks(long output) => (output + BlockRows - 1) / BlockRows;

    static long Place(long column) => (column / Together * BlockRows * Together) + (column % Together);

    static long Room(long input) => (input + Together - 1) / Together * Together;

    /// <returns>The row's scale.</returns>
    static unsafe float Round<T>(void* numbers, long first, long count, Known known, sbyte* to, int* sum)
        where T : struct, INumbers
    {
        var most = 0f;
        for (var i = 0L; i < count; i++)
        {
            most = MathF.Max(most, MathF.Abs(T.LoadOne(numbers, first + i) - known.At(i)));
        }

        var scale = most / Largest;
        var inverse = most > 0 ? 1 / scale : 0;
        for (var i = 0L; i < count; i++)
        {
            var rounded = (int)MathF.Round((T.LoadOne(numbers, first + i) - known.At(i)) * inverse);
            to[Place(i)] = (sbyte)rounded;
            *sum += rounded;
        }

        return scale;
    }

    /// <summary>What a row's first rounding stands for.</summary>
    [StructLayout(LayoutKind.Auto)]
    readonly unsafe struct Known(sbyte* numbers, float scale)
    {
        public float At(long column) => scale * numbers[Place(column)];
    }
}
