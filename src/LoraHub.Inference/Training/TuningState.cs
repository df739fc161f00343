using System.Security.Cryptography;
using System.Text.Json;

using LoraHub.Core.Trainings;
using LoraHub.Formats.Tensors;
using LoraHub.Inference.Checkpoints;
using LoraHub.Inference.Gradients;

using static TorchSharp.torch;

namespace LoraHub.Inference.Training;

/// <summary>
/// All that a training changes: the factors, the optimizer's moments, the best factors so far and the curve, whose length is the position in the data
/// and in all random numbers. Owns its tensors, but not the factors.
/// </summary>
sealed class TuningState : IDisposable
{
    const string Numbers = "numbers", BestNumbers = "best", First = "first_moment", Second = "second_moment";
    const string Curved = "curve", Rest = "rest", Plan = "plan";

    readonly LoraFactors _factors;
    readonly byte[] _plan;
    Tensor? _best;

    /// <param name="plan">What the training is; a checkpoint of another one is not used.</param>
    public TuningState(LoraFactors factors, TuningSettings settings, string plan)
    {
        _factors = factors;
        _plan = SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(new { plan, settings, factors.Layout.Signature }));
        Optimizer = new AdamW(factors.Trained, settings.WeightDecay, AdamW.UsualNorm);
    }

    public AdamW Optimizer { get; }

    public TuningCurve Curve { get; private set; } = new();

    /// <summary>Steps done.</summary>
    public int Steps => Curve.Steps.Count;

    /// <summary>Of all attempts.</summary>
    public double Seconds { get; set; }

    /// <summary>Tokens read, of all attempts.</summary>
    public long Tokens { get; set; }

    /// <summary>Examples that were cut in the first epoch.</summary>
    public int Cut { get; set; }

    /// <summary>Keeps the factors as the best so far.</summary>
    public void KeepBest()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        _best ??= empty_like(_factors.Trained).DetachFromDisposeScope();
        _best.copy_(_factors.Trained);
    }

    /// <summary>Goes back to the best factors, if any were kept.</summary>
    public void TakeBest()
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        if (_best is not null)
        {
            _factors.Trained.copy_(_best);
        }
    }

    public void Write(Stream stream)
    {
        using var scope = NewDisposeScope();
        var tensors = new Dictionary<string, Tensor>(StringComparer.Ordinal)
        {
            [Numbers] = _factors.Trained,
            [First] = Optimizer.FirstMoment,
            [Second] = Optimizer.SecondMoment,
            [Curved] = tensor(Curve.ToNumbers()),
            [Rest] = tensor([Seconds, Tokens, Cut]),
            [Plan] = tensor(_plan),
        };
        if (_best is not null)
        {
            tensors[BestNumbers] = _best;
        }

        TensorWriter.Write(stream, tensors);
    }

    /// <summary>Continues from what <see cref="Write"/> wrote.</summary>
    /// <returns>False, with nothing changed, if it is of another training or cannot be read.</returns>
    public bool Read(string file)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        try
        {
            using var reader = TensorReader.Open(file);
            if (!reader.Read(Plan).bytes.SequenceEqual(_plan))
            {
                return false;
            }

            var read = reader.Entries.Keys.ToDictionary(name => name, reader.Read);
            _factors.Trained.copy_(read[Numbers]);
            Optimizer.FirstMoment.copy_(read[First]);
            Optimizer.SecondMoment.copy_(read[Second]);
            Curve = TuningCurve.Of(read[Curved].data<double>().ToArray());
            var rest = read[Rest].data<double>().ToArray();
            (Seconds, Tokens, Cut) = (rest[0], (long)rest[1], (int)rest[2]);
            _best = read.GetValueOrDefault(BestNumbers)?.DetachFromDisposeScope();
            return true;
        }
        catch (CheckpointException)
        {
            return false;
        }
    }

    public void Dispose()
    {
        Optimizer.Dispose();
        _best?.Dispose();
    }
}
