using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

using LoraHub.Core.Optimization;
using LoraHub.Core.Predictions;
using LoraHub.Core.Predictions.Inputs;
using LoraHub.Inference.Adaptation;
using LoraHub.Inference.Lora;

namespace LoraHub.Inference.Results;

/// <summary>Writes an adapter's README.md: its modules and settings, and how to use and reproduce it.</summary>
static class ModelCard
{
    /// <summary>The most evaluations that a curve lists; a longer one lists only improvements and the last evaluation.</summary>
    const int LongestCurve = 100;

    const string Caveat = """

        A study of 958 public LoRA modules ([arXiv 2602.12323](https://arxiv.org/abs/2602.12323)) found that merging helps mainly when the pool
        contains a module relevant to the task, and that random LoRAs are a strong control. A lower loss on a few examples alone does not show that
        these modules are relevant to the task.

        """;

    /// <param name="steps">The steps of the search; may be empty.</param>
    /// <param name="rank">Of the adapter.</param>
    public static string Write(LoadedPlan plan, PredictionOutput output, IReadOnlyList<TraceStep> steps, int rank)
    {
        var (input, seed, model, modules) = (plan.Input, plan.Seed, plan.Base, plan.Modules);
        var card = new StringBuilder();
        var training = output.Tuning is null ? "no training" : "then tuned by gradient";
        card.Append(CultureInfo.InvariantCulture, $"""
            ---
            base_model: {model.Id}
            library_name: peft
            tags:
            - lora
            - lorahub
            ---
            # An adapter for {model.Id}, composed by LoraHub

            {modules.Count} LoRA modules, composed by gradient-free search (LoraHub, arXiv 2307.13269); {training}.

            | setting | value |
            |---|---|
            | modules from | {(input.Modules is null ? "the pool" : "the request")}, {input.ModuleSelection.ToString().ToLowerInvariant()} |
            | composition | {input.Composition.ToString().ToLowerInvariant()} |
            | search | {(input.Weights is null ? $"{input.Optimizer}, at most {input.Budget} evaluations" : "none: the weights were given")} |
            | objective | {(input.Objective == Objective.TokenLoss ? "token_loss" : "reference")} |
            | few-shot examples | {Examples(input)} |
            | seed | {seed} |

            """);
        if (output.Loss is { } loss)
        {
            card.Append(CultureInfo.InvariantCulture, $"| objective without modules | {loss.ZeroShot:R} |\n");
            card.Append(CultureInfo.InvariantCulture, $"| objective with the adapter | {loss.Adapted:R} |\n");
        }

        AppendTuning(card, output.Tuning, rank);
        AppendModules(card, input, modules, output);
        if (steps.Count > 0)
        {
            AppendCurve(card, steps);
            AppendControls(card, output);
            card.Append(Caveat);
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

    /// <summary>The count, and a digest by which their owner recognizes them.</summary>
    static string Examples(PredictionInput input)
    {
        if (!input.HasOwnExamples && input.Weights is not null)
        {
            return "0";
        }

        var pairs = input.ExampleInputs.Zip(input.ExampleOutputs, (text, answer) => new[] { text, answer });
        var digest = Convert.ToHexStringLower(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(pairs)));
        return $"{input.ExampleInputs.Count} (sha256 of their JSON {digest})";
    }

    static void AppendTuning(StringBuilder card, TuningOutcome? tuning, int rank)
    {
        if (tuning is not null)
        {
            var scope = FewShotTuning.Scope.ToString().ToLowerInvariant();
            card.Append(CultureInfo.InvariantCulture, $"| tuned | the factors of the {scope}'s layers, rank {rank} |\n");
            var steps = $"{tuning.Steps} of Adam at a learning rate of {FewShotTuning.Rate.ToString(CultureInfo.InvariantCulture)}, on all examples";
            card.Append(CultureInfo.InvariantCulture, $"| steps | {steps} |\n");
            card.Append(CultureInfo.InvariantCulture, $"| token loss of the composition | {tuning.ComposedLoss:R} |\n");
            card.Append(CultureInfo.InvariantCulture, $"| token loss of the tuned adapter | {tuning.Loss:R} |\n");
        }
    }

    static void AppendModules(StringBuilder card, PredictionInput input, IReadOnlyList<LoraModule> modules, PredictionOutput output)
    {
        card.Append("\n## Modules\n\n| weight | module | r | version (sha256) |\n|---|---|---|---|\n");
        foreach (var (id, weight, digest) in output.Weights)
        {
            var module = modules.First(one => one.Info.Id == id && (digest is null || one.Digest == digest));
            card.Append(CultureInfo.InvariantCulture, $"| {weight:R} | {id} | {module.Layout.Rank} | {module.Digest} |\n");
        }

        card.Append(output.Tuning is null ? "" : "\nThese weights give the composition that the tuning began with, not this adapter.\n");
        if (input.Composition == Composition.Factors && MixedScalings.Note(modules) is { } note)
        {
            card.Append(CultureInfo.InvariantCulture, $"\n{note}\n");
        }
    }

    /// <summary>Appends the losses without their times, so that the same search has the same card.</summary>
    static void AppendCurve(StringBuilder card, IReadOnlyList<TraceStep> steps)
    {
        card.Append("\n## Search\n\nThe objective on the few-shot examples; evaluation 0 is the base model without modules.");
        card.Append(steps.Count > LongestCurve ? $" Of {steps.Count} evaluations, the table lists the improvements and the last one." : "");
        card.Append("\n\n| evaluation | loss | best so far |\n|---|---|---|\n");
        var best = double.NaN;
        foreach (var step in steps)
        {
            var isBetter = step.Loss is { } loss && Evaluation.IsUsable(loss) && !(best <= loss);
            best = isBetter ? step.Loss!.Value : best;
            if (steps.Count <= LongestCurve || isBetter || step == steps[^1])
            {
                card.Append(CultureInfo.InvariantCulture, $"| {step.Index} | {Number(step.Loss)} | {Number(best)} |\n");
            }
        }
    }

    /// <summary>Appends the adapter's results beside those of the controls.</summary>
    static void AppendControls(StringBuilder card, PredictionOutput output)
    {
        if (output.Controls is not { } controls)
        {
            return;
        }

        card.Append("\n## Controls\n\n| method | objective on the examples | exact match on the test inputs, % |\n|---|---|---|\n");
        Row("this adapter", output.Loss?.Adapted, output.Accuracy?.Adapted);
        Row("no modules", controls.ZeroShot.Loss, controls.ZeroShot.Accuracy);
        Row($"best single module, {controls.BestSingle.Module}", controls.BestSingle.Loss, controls.BestSingle.Accuracy);
        Row("uniform mean of the modules", controls.UniformMean.Loss, controls.UniformMean.Accuracy);
        Row("random directions of the same norms", controls.RandomDirections.Loss, controls.RandomDirections.Accuracy);
        AppendTuned(controls);
        if (controls.LeaveOneOut is { } left)
        {
            card.Append(CultureInfo.InvariantCulture, $"\nLeave-one-out over {left.Examples} examples: {left.Adapted:R} % right, ");
            card.Append(CultureInfo.InvariantCulture, $"best single module {left.BestSingle:R} %, no modules {left.ZeroShot:R} %.\n");
        }

        card.Append(controls.Missing is { } missing ? $"\n{missing}\n" : "");

        void AppendTuned(ControlReport tuned)
        {
            if (tuned.Composed is { } composed)
            {
                Row("composed, not tuned", composed.Loss, composed.Accuracy);
            }

            if (tuned.TunedFromZero is { } zero)
            {
                Row("tuned from a new LoRA", zero.Loss, zero.Accuracy);
            }

            if (tuned.TunedFromBestSingle is { } single)
            {
                Row($"tuned from the best single module, {single.Module}", single.Loss, single.Accuracy);
            }
        }

        void Row(string method, double? loss, double? accuracy)
        {
            var exact = accuracy is { } percent ? percent.ToString("R", CultureInfo.InvariantCulture) : "";
            card.Append(CultureInfo.InvariantCulture, $"| {method} | {Number(loss)} | {exact} |\n");
        }
    }

    static string Number(double? value) =>
        value is { } number && double.IsFinite(number) ? number.ToString("R", CultureInfo.InvariantCulture) : "not finite";
}
