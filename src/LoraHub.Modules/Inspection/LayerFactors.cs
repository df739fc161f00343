using System.Numerics.Tensors;
using LoraHub.Formats.Adapters;
using LoraHub.Formats.Checkpoints;
using LoraHub.Formats.Tensors;

namespace LoraHub.Modules.Inspection;

/// <summary>
/// The factors of a layer in double precision; ΔW = <see cref="Scaling"/> · BA is never formed. Both are stored as r rows, so that all products are
/// of rows.
/// </summary>
/// <param name="A">lora_A, (r, in).</param>
/// <param name="B">lora_B transposed, (r, out).</param>
sealed record LayerFactors(string Layer, int Rank, double[] A, double[] B, double Scaling)
{
    public int Input => A.Length / Rank;

    public int Output => B.Length / Rank;

    /// <exception cref="CheckpointException">A factor cannot be read.</exception>
    public static LayerFactors Read(CheckpointReader checkpoint, LayerSlot slot) => new(
        slot.Layer, slot.Rank, checkpoint.Read<double>(slot.KeyOfA), Transpose(checkpoint.Read<double>(slot.KeyOfB), slot.Rank), slot.Scaling);

    public bool IsFinite() => Array.TrueForAll(A, double.IsFinite) && Array.TrueForAll(B, double.IsFinite);

    /// <summary>
    /// The singular values of ΔW, descending, at most r. They are those of s · R₁R₂ᵀ, because B = Q₁R₁, Aᵀ = Q₂R₂ and ΔW = s · Q₁(R₁R₂ᵀ)Q₂ᵀ.
    /// </summary>
    public double[] SingularValues()
    {
        var (ofB, ofA) = (SmallMatrix.Triangle(B, Rank), SmallMatrix.Triangle(A, Rank));
        var product = new double[Rank * Rank];
        for (var i = 0; i < Rank; i++)
        {
            for (var j = 0; j < Rank; j++)
            {
                product[(i * Rank) + j] = TensorPrimitives.Dot(Row(ofB, i), Row(ofA, j));
            }
        }

        var values = SmallMatrix.SingularValues(product, Rank);
        TensorPrimitives.Multiply<double>(values, Math.Abs(Scaling), values);
        return values[..Math.Min(Rank, Math.Min(Input, Output))];
    }

    /// <summary>⟨ΔW, ΔW'⟩ = s · s' · tr((B'ᵀB)(AA'ᵀ)), which needs only r × r products; 0 if the shapes differ.</summary>
    public double Dot(LayerFactors other)
    {
        if (Input != other.Input || Output != other.Output)
        {
            return 0;
        }

        double sum = 0;
        for (var i = 0; i < Rank; i++)
        {
            for (var j = 0; j < other.Rank; j++)
            {
                sum += TensorPrimitives.Dot(Row(A, i), other.Row(other.A, j)) * TensorPrimitives.Dot(Row(B, i), other.Row(other.B, j));
            }
        }

        return sum * Scaling * other.Scaling;
    }

    public double SquaredNorm() => Dot(this);

    ReadOnlySpan<double> Row(double[] rows, int i) => rows.AsSpan(i * (rows.Length / Rank), rows.Length / Rank);

    /// <summary>(n, r) → (r, n).</summary>
    static double[] Transpose(double[] columns, int rank)
    {
        var length = columns.Length / rank;
        var rows = new double[columns.Length];
        for (var i = 0; i < length; i++)
        {
            for (var j = 0; j < rank; j++)
            {
                rows[(j * length) + i] = columns[(i * rank) + j];
            }
        }

        return rows;
    }
}
