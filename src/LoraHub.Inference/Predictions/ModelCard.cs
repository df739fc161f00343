using System.Globalization;
using System.Text;

using LoraHub.Core.Predictions;
using LoraHub.Core.Predictions.Inputs;

namespace LoraHub.Inference.Predictions;

/// <summary>The README.md that travels with an adapter: what it was made of and how to make it again.</summary>
static class ModelCard
{
    public static string Write(PredictionPlan plan, PredictionOutput output)
    {
        var (input, seed, model, modules) = plan;
        var byId = modules.ToDictionary(module => module.Info.Id);
        var card = new StringBuilder();
        card.Append(CultureInfo.InvariantCulture, $"""
            ---
            base_model: {model.Id}
            library_name: peft
            tags:
            - lora
            - lorahub
            ---
            # An adapter for {model.Id}, composed by LoraHub

            {modules.Count} LoRA modules, composed by gradient-free search (LoraHub, arXiv 2307.13269); no training.

            | setting | value |
            |---|---|
            | composition | {input.Composition.ToString().ToLowerInvariant()} |
            | search | {(input.Weights is null ? $"{input.Optimizer}, {input.Budget} evaluations at most" : "none: the weights were given")} |
            | objective | {(input.Objective == Objective.TokenLoss ? "token_loss" : "reference")} |
            | few-shot examples | {(input.HasOwnExamples || input.Weights is null ? input.ExampleInputs.Count : 0)} |
            | seed | {seed} |

            """);
        if (output.Loss is { } loss)
        {
            card.Append(CultureInfo.InvariantCulture, $"| objective without modules | {loss.ZeroShot:R} |\n| objective as adapted | {loss.Adapted:R} |\n");
        }

        card.Append("\n## Modules\n\n| weight | module | r | sha256 of its checkpoint |\n|---|---|---|---|\n");
        foreach (var (module, weight) in output.Weights)
        {
            card.Append(CultureInfo.InvariantCulture, $"| {weight:R} | {module} | {byId[module].Config.Rank} | {byId[module].Digest} |\n");
        }

        card.Append(CultureInfo.InvariantCulture, $$"""

            ## Use

            ```python
            from peft import PeftModel
            from transformers import AutoModelForSeq2SeqLM

            model = PeftModel.from_pretrained(AutoModelForSeq2SeqLM.from_pretrained("{{model.Id}}"), "path/to/this/folder")
            ```

            """);
        return card.ToString();
    }
}
