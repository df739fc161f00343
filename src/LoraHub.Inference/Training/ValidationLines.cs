using LoraHub.Core.Predictions;
using LoraHub.Inference.Adaptation;
using LoraHub.Inference.Gradients;
using LoraHub.Inference.Models;
using LoraHub.Inference.T5;

using static TorchSharp.torch;

namespace LoraHub.Inference.Training;

/// <summary>The lines that a training does not see: their loss and exact match, computed without gradients.</summary>
sealed class ValidationLines(BaseModel model, TuningData data, CancellationToken cancellationToken)
{
    /// <summary>Lines in memory at a time.</summary>
    const int Chunk = 64;

    /// <summary>The most lines that are answered: an answer takes much longer than a loss.</summary>
    const int MostAnswered = 200;

    public bool IsEmpty => data.Validation.Length == 0;

    /// <summary>The lines that are answered.</summary>
    public int Answered => Math.Min(MostAnswered, data.Validation.Length);

    /// <summary>Mean cross-entropy of all target tokens.</summary>
    /// <param name="lora">Null for the base model alone.</param>
    /// <exception cref="OperationCanceledException">Checked before each micro-batch.</exception>
    public double Loss(LoraLayers? lora)
    {
        var (sum, tokens) = (0.0, 0L);
        foreach (var chunk in data.Validation.Chunk(Chunk))
        {
            TuningExample[] rows = [.. chunk.Select(data.ReadValidation)];
            foreach (var batch in MicroBatches.Split([.. rows.Select(row => Math.Max(row.Input.Length, row.Labels.Length))], model.Model.Config))
            {
                cancellationToken.ThrowIfCancellationRequested();
                using var scope = NewDisposeScope();
                using var noGrad = no_grad();
                using var inputs = TokenRows.Of([.. rows[batch].Select(row => row.Input)], model.Model.Device);
                using var answers = new TeacherForcing(model.Model, [.. rows[batch].Select(row => row.Labels)]);
                sum += answers.TokenLosses(model.Model, inputs, lora).to(ScalarType.Float64).sum().item<double>();
                tokens += answers.Counted;
            }
        }

        return sum / tokens;
    }

    /// <summary>Exact match without and with the adapter on the first of the lines.</summary>
    /// <exception cref="OperationCanceledException">Checked before each token.</exception>
    public AccuracyReport Accuracy(LoraLayers lora)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        TuningExample[] rows = [.. data.Validation.Take(Answered).Select(data.ReadValidation)];
        string[] expected = [.. data.Validation.Take(Answered).Select(line => data.ValidationText(line).Target)];
        int[][] inputs = [.. rows.Select(row => row.Input)];
        var most = rows.Max(row => row.Labels.Length); // a longer answer is wrong
        return new AccuracyReport(Percent(null), Percent(lora));

        double Percent(LoraLayers? layers) => Answers.Accuracy(Answers.Generate(model, inputs, layers, most, cancellationToken), expected);
    }
}
