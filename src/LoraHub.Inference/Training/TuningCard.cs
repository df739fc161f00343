using System.Globalization;
using System.Text;

using LoraHub.Core.Predictions;

namespace LoraHub.Inference.Training;

/// <summary>Writes the README.md of a trained adapter: data, settings, curve, validation, and how to use it.</summary>
static class TuningCard
{
    /// <summary>Rows of the curve.</summary>
    const int LongestCurve = 20;

    public static string Write(TrainingPlan plan, TuningReport report)
    {
        var (settings, data) = (plan.Input.Tuning!, report.Data);
        var card = new StringBuilder();
        card.Append(CultureInfo.InvariantCulture, $"""
            ---
            base_model: {plan.BaseModel}
            library_name: peft
            tags:
            - lora
            - lorahub
            ---
            # An adapter for {plan.BaseModel}, trained by LoraHub

            A LoRA trained by gradient (AdamW, gradient norm clipped to 1) on {data.Training.Length} examples.

            | setting | value |
            |---|---|
            | start | {report.Start ?? "a new LoRA"} |
            | rank, alpha | {report.Rank}, {report.Alpha:R} |
            | layers | {string.Join(", ", report.Targets)} |
            | scope | {settings.Scope.ToString().ToLowerInvariant()} |
            | steps | {report.Curve.Steps.Count} of {report.PlannedSteps}; the result is that of step {report.Taken} |
            | examples in a step | {report.BatchSize} |
            | learning rate | {settings.LearningRate:R}, {settings.Schedule.ToString().ToLowerInvariant()}, warm-up of {settings.Warmup} steps |
            | weight decay, dropout | {settings.WeightDecay:R}, {settings.Dropout:R} |
            | seed | {plan.Seed} |
            | data | {data.Training.Length} examples, {data.Validation.Length} to validate on (sha256 {data.Digest}) |

            """);
        if (data.ValidationDigest is { } validation)
        {
            card.Append(CultureInfo.InvariantCulture, $"| validation data | sha256 {validation} |\n");
        }

        if (report.Cut > 0)
        {
            card.Append(CultureInfo.InvariantCulture, $"| cut to {settings.MaxTokens} tokens | {report.Cut} examples |\n");
        }

        AppendValidation(card, report);
        AppendCurve(card, report.Curve.Steps);
        card.Append(CultureInfo.InvariantCulture, $$"""

            ## Use

            ```python
            from peft import PeftModel
            from transformers import AutoModelForSeq2SeqLM

            model = PeftModel.from_pretrained(AutoModelForSeq2SeqLM.from_pretrained("{{plan.BaseModel}}"), "path/to/this/folder")
            ```

            """);
        return card.ToString();
    }

    static void AppendValidation(StringBuilder card, TuningReport report)
    {
        if (report is { Loss: { } loss, Accuracy: { } accuracy })
        {
            card.Append(CultureInfo.InvariantCulture, $"""

                ## Validation

                The loss is the mean over the target tokens of {report.Data.Validation.Length} examples; exact match is on {report.Answered} of them.

                | model | loss | exact match, % |
                |---|---|---|
                | this adapter | {loss.Adapted:R} | {accuracy.Adapted:R} |
                | the base model alone | {loss.ZeroShot:R} | {accuracy.ZeroShot:R} |

                """);
        }
    }

    static void AppendCurve(StringBuilder card, IReadOnlyList<TuningStep> steps)
    {
        card.Append("\n## Curve\n\n`trace.json` of the training has every step.\n\n");
        card.Append("| step | loss | learning rate | validation loss |\n|---|---|---|---|\n");
        var every = (steps.Count + LongestCurve - 1) / LongestCurve;
        foreach (var step in steps.Where(step => (step.Step - 1) % every == 0 || step.Validation is not null || step == steps[^1]))
        {
            card.Append(
                CultureInfo.InvariantCulture, $"| {step.Step} | {step.Loss:0.######} | {step.Rate:0.######} | {step.Validation:0.######} |\n");
        }
    }
}
