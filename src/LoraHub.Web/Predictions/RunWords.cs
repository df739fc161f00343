using LoraHub.Core.Predictions;
using LoraHub.Core.Predictions.Inputs;
using LoraHub.Web.Playground;

namespace LoraHub.Web.Predictions;

/// <summary>What pages call a prediction, by its input.</summary>
static class RunWords
{
    /// <summary>A longer text is cut in lists.</summary>
    const int Longest = 60;

    public const string Search = "search";

    /// <summary>Which weights were searched, or what was done without a search.</summary>
    public static string Kind(Prediction prediction) => prediction switch
    {
        _ when PromptRun.Is(prediction) => "prompt",
        { Input: var input } when input[InputSchema.Adapter] is not null => "answers",
        { Input: var input } when input[InputSchema.ModuleWeights] is not null => "composition",
        _ => Search,
    };

    /// <summary>The first words of its input; empty without any.</summary>
    public static string Text(Prediction prediction) =>
        prediction.Removed.HasFlag(DataParts.Inputs) ? "(input removed)"
        : PromptRun.Is(prediction) ? Short(PromptRun.PromptOf(prediction))
        : PlaygroundInput.Of(prediction.Input) switch
        {
            { Examples: [var (input, output), ..] } => Short($"{input} → {output}"),
            { Tests: [var (input, _), ..] } => Short(input),
            _ => "",
        };

    static string Short(string text)
    {
        var line = text.ReplaceLineEndings(" ").Trim();
        return line.Length <= Longest ? line : $"{line[..Longest]}…";
    }
}
