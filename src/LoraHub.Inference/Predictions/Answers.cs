using LoraHub.Core.Telemetry;
using LoraHub.Inference.Lora;
using LoraHub.Inference.Models;
using LoraHub.Inference.T5;

namespace LoraHub.Inference.Predictions;

/// <summary>Asks a model.</summary>
static class Answers
{
    /// <summary>The model's greedy answers, as text, in the order of the questions.</summary>
    /// <param name="questions">Token ids, each with its end token.</param>
    /// <exception cref="OperationCanceledException">Checked once a token.</exception>
    public static IReadOnlyList<string> Ask(BaseModel model, IReadOnlyList<int[]> questions, LoraLayers? lora, int maxNewTokens, CancellationToken cancellationToken)
    {
        var answers = new List<string>(questions.Count);
        foreach (var pass in Passes.Split([.. questions.Select(ids => ids.Length + maxNewTokens)], model.Model.Config.NumHeads))
        {
            var generated = GreedyDecoder.Generate(model.Model, [.. questions.Take(pass)], lora, maxNewTokens, cancellationToken);
            Instruments.CountGeneratedTokens(generated.Sum(row => row.Count(id => id != model.Model.Config.PadTokenId)));
            answers.AddRange(generated.Select(row => model.Tokenizer.Decode(row)));
        }

        return answers;
    }

    /// <summary>Whether the reference counts an answer as right: equal after strip, lower case, and without dots, in this order.</summary>
    public static bool IsRight(string answer, string expected) => Normal(answer) == Normal(expected);

    /// <summary>Share of right answers in percent.</summary>
    public static double Accuracy(IReadOnlyList<string> answers, IReadOnlyList<string> expected) =>
        answers.Zip(expected, IsRight).Count(right => right) / (double)expected.Count * 100;

    static string Normal(string text) => text.Trim().ToLowerInvariant().Replace(".", "", StringComparison.Ordinal);
}
