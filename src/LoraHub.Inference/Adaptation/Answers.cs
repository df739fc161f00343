using LoraHub.Core.Telemetry;
using LoraHub.Inference.Models;
using LoraHub.Inference.T5;
using LoraHub.Inference.Tokenization;

namespace LoraHub.Inference.Adaptation;

/// <summary>Generates a model's answers and compares them with the expected ones.</summary>
static class Answers
{
    const string ByteOrderMark = "\uFEFF";

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

    /// <summary>
    /// Whether the reference counts an answer as right: equal after stripping, lowercasing and removing dots, in this order. Byte order marks and
    /// decomposed characters, which a model cannot generate, are normalized first.
    /// </summary>
    public static bool IsRight(string answer, string expected) => Normal(answer) == Normal(expected);

    /// <summary>The percentage of right answers.</summary>
    public static double Accuracy(IReadOnlyList<string> answers, IReadOnlyList<string> expected) =>
        answers.Zip(expected, IsRight).Count(right => right) / (double)expected.Count * 100;

    static string Normal(string text) => UnicodeForm.Nfc.Normalize(text.Replace(ByteOrderMark, "", StringComparison.Ordinal)).Trim()
        .ToLowerInvariant().Replace(".", "", StringComparison.Ordinal);
}
