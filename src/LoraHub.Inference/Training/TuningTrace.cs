using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

using LoraHub.Core.Predictions;

namespace LoraHub.Inference.Training;

/// <summary>Writes <c>trace.json</c>: what was trained, and the curve with one step on each line. It contains no times.</summary>
static class TuningTrace
{
    static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Write(string folder, TrainingPlan plan, TuningReport report)
    {
        var settings = plan.Input.Tuning!;
        var header = new JsonObject
        {
            ["base_model"] = plan.BaseModel,
            ["start"] = report.Start,
            ["seed"] = plan.Seed,
            ["rank"] = report.Rank,
            ["target_modules"] = new JsonArray([.. report.Targets.Select(target => JsonValue.Create(target))]),
            ["scope"] = settings.Scope.ToString().ToLowerInvariant(),
            ["learning_rate"] = settings.LearningRate,
            ["schedule"] = settings.Schedule.ToString().ToLowerInvariant(),
            ["warmup"] = settings.Warmup,
            ["batch_size"] = report.BatchSize,
            ["weight_decay"] = settings.WeightDecay,
            ["dropout"] = settings.Dropout,
            ["planned_steps"] = report.PlannedSteps,
            ["train_data"] = report.Data.Digest,
            ["train_examples"] = report.Data.Training.Length,
            ["validation_examples"] = report.Data.Validation.Length,
        };
        var path = Path.Combine(folder, "trace.json");
        using var file = new StreamWriter(path, append: false, new UTF8Encoding(false)) { NewLine = "\n" };
        file.Write("{\n");
        foreach (var (name, value) in header)
        {
            file.Write($"  \"{name}\": {value?.ToJsonString(Plain) ?? "null"},\n");
        }

        file.Write("  \"steps\": [\n");
        foreach (var step in report.Curve.Steps)
        {
            file.Write($"    {Step(step)}{(step == report.Curve.Steps[^1] ? "" : ",")}\n");
        }

        file.Write("  ]\n}\n");
        return path;
    }

    static string Step(TuningStep step)
    {
        var row = new JsonObject { ["step"] = step.Step, ["loss"] = step.Loss, ["rate"] = step.Rate, ["norm"] = step.Norm };
        if (step.Validation is { } validation)
        {
            row["validation"] = double.IsFinite(validation) ? validation : null;
        }

        return row.ToJsonString(Plain);
    }
}
