using LoraHub.Inference.Checkpoints;
using LoraHub.Inference.T5;

using static TorchSharp.torch;

namespace LoraHub.Inference.Tests;

/// <summary>A padded batch of the golden files as our model takes it, without padding.</summary>
sealed class GoldenRows : IDisposable
{
    readonly T5Model _model;
    readonly bool[][] _mask;

    public GoldenRows(T5Model model, TensorReader batch)
    {
        _model = model;
        _mask = [.. Rows(batch.Read("attention_mask")).Select(row => row.Select(value => value != 0).ToArray())];
        Labels = Rows(batch.Read("labels"));
        Inputs = TokenRows.Of(Rows(batch.Read("input_ids")), TestModels.Device, (row, place) => !_mask[row][place]);
        DecoderInputs = TokenRows.Of([.. Labels.Select(labels => TeacherForcing.DecoderInputs(model.Config, labels))], TestModels.Device);
        Answers = new TeacherForcing(model, Labels);
    }

    public int[][] Labels { get; }

    public TokenRows Inputs { get; }

    /// <summary>All positions, including those after the last label that counts.</summary>
    public TokenRows DecoderInputs { get; }

    public TeacherForcing Answers { get; }

    /// <summary>(B, T) as rows.</summary>
    public static int[][] Rows(Tensor values) =>
        [.. Enumerable.Range(0, (int)values.shape[0]).Select(row => values[row].contiguous().data<long>().Select(value => (int)value).ToArray())];

    /// <summary>Logits of all positions, (B, T, vocabulary).</summary>
    public Tensor Logits(LoraLayers? lora) => DecoderInputs.Pad(_model.Logits(_model.Decode(DecoderInputs, _model.Encode(Inputs, lora), lora)));

    /// <summary>Each row's token losses, in double.</summary>
    public double[][] Losses(LoraLayers? lora)
    {
        var all = Answers.TokenLosses(_model, Inputs, lora).to(ScalarType.Float64).data<double>().ToArray();
        var start = 0;
        return [.. Answers.Rows.Select(row => all[start..(start += row.Length)])];
    }

    /// <summary>Mean over the labels that count.</summary>
    public double Loss(LoraLayers? lora) => Losses(lora).Sum(row => row.Sum()) / Answers.Counted;

    public void Dispose()
    {
        Inputs.Dispose();
        DecoderInputs.Dispose();
        Answers.Dispose();
    }
}
