using LoraHub.Core.Telemetry;
using LoraHub.Inference.Models;
using LoraHub.Inference.T5;

namespace LoraHub.Inference.Adaptation;

/// <summary>Generates a model's answers and compares them with the expected ones.</summary>
static class Answers
{
    /// <summary>Generates the model's answers by greedy decoding, as text, in the order of the inputs.</summary>
    /// <param name="inputs">Token ids, each with its end token.</param>
    /// <exception cref="OperationCanceledException">Checked before each token.</exception>
    public static IReadOnlyList<string> Generate(
        BaseModel model, IReadOnlyList<int[]> inputs, LoraLayers? lora, int maxNewTokens, CancellationToken cancellationToken)
    {
        var answers = new List<string>(inputs.Count);
        foreach (var batch in MicroBatches.Split([.. inputs.Select(ids => ids.Length + maxNewTokens)], model.Model.Config))
        {
            var generated = GreedyDecoder.Generate(model.Model, [.. inputs.Take(batch)], lora, maxNewTokens, cancellationToken);
            Instruments.CountGeneratedTokens(generated.Sum(row => row.Count(id => id != model.Model.Generation.PadTokenId)));
            answers.AddRange(generated.Select(row => model.Tokenizer.Decode(row)));
        }

        return answers;
    }

    /// <summary>The percentage of right answers.</summary>
    public static double Accuracy(IReadOnlyList<string> answers, IReadOnlyList<string> expected) =>
        answers.Zip(expected, ExactMatch.IsRight).Count(right => right) / (double)expected.Count * 100;
}
