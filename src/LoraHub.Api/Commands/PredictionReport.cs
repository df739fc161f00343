using System.Globalization;
using LoraHub.Api.Predictions;
using LoraHub.Core.Predictions;

namespace LoraHub.Api.Commands;

/// <summary>Writes an ended prediction to standard output: tables and answers, or JSON.</summary>
static class PredictionReport
{
    static readonly string[] WeightColumns = ["weight", "module"];

    static readonly string[] ControlColumns = ["control", "loss", "exact match, %"];

    /// <param name="folder">The folder of the saved files, or null when they were not saved.</param>
    public static void Show(Output output, Prediction prediction, string? folder)
    {
        if (output.IsJson)
        {
            Output.WriteJson(Report.Of(prediction, folder));
        }
        else if (prediction.Output is { } result)
        {
            Show(output, result, ((CompositionPlan)prediction.Created.Plan!).Input.TestInputs);
        }

        if (prediction.Output is null)
        {
            Output.Note($"The prediction {StatusOf(prediction)}{(prediction.Error is { } error ? $": {error}" : ".")}");
        }
        else if (folder is null)
        {
            Output.Note("The adapter was not saved; use -o FOLDER to save it.");
        }
        else
        {
            Output.Note($"The adapter is in {folder}.");
        }
    }

    static string StatusOf(Prediction prediction) => prediction.Status == PredictionStatus.Canceled ? "was canceled" : "failed";

    static void Show(Output output, PredictionOutput result, IReadOnlyList<string> inputs)
    {
        output.Show(WeightColumns, result.Weights.Select(weight => new object?[] { Loss(weight.Weight), weight.Module }));
        if (result.Loss is { } loss)
        {
            output.WriteLine($"Loss {Loss(loss.ZeroShot)} → {Loss(loss.Adapted)} in {loss.Evaluations} evaluations.");
        }

        if (result.Tuning is { } tuning)
        {
            output.WriteLine($"Tuned in {tuning.Steps} steps: token loss {Loss(tuning.ComposedLoss)} → {Loss(tuning.Loss)}. "
                + "The weights are those of the composition before.");
        }

        if (result.Accuracy is { } accuracy)
        {
            output.WriteLine($"Exact match {Percent(accuracy.ZeroShot)} % → {Percent(accuracy.Adapted)} %.");
        }

        if (result.Controls is { } controls)
        {
            Show(output, controls);
        }

        foreach (var (input, answer) in inputs.Zip(result.Predictions ?? []))
        {
            output.WriteLine($"{input} → {answer}");
        }
    }

    static void Show(Output output, ControlReport controls)
    {
        List<object?[]> rows =
        [
            Row("no modules", controls.ZeroShot.Loss, controls.ZeroShot.Accuracy),
            Row($"best single, {controls.BestSingle.Module}", controls.BestSingle.Loss, controls.BestSingle.Accuracy),
            Row("uniform mean", controls.UniformMean.Loss, controls.UniformMean.Accuracy),
            Row("random directions", controls.RandomDirections.Loss, controls.RandomDirections.Accuracy),
        ];
        if (controls.Composed is { } composed)
        {
            rows.Add(Row("composed, not tuned", composed.Loss, composed.Accuracy));
        }

        if (controls.TunedFromZero is { } zero)
        {
            rows.Add(Row("tuned from a new LoRA", zero.Loss, zero.Accuracy));
        }

        if (controls.TunedFromBestSingle is { } single)
        {
            rows.Add(Row($"tuned from the best single, {single.Module}", single.Loss, single.Accuracy));
        }

        output.Show(ControlColumns, rows);
        if (controls.LeaveOneOut is { } left)
        {
            output.WriteLine($"Leave-one-out: {Percent(left.Adapted)} % correct, best single {Percent(left.BestSingle)} %, "
                + $"no modules {Percent(left.ZeroShot)} %.");
        }

        if (controls.Missing is { } missing)
        {
            output.WriteLine(missing);
        }
    }

    static object?[] Row(string control, double? loss, double? accuracy) =>
        [control, loss is { } known ? Loss(known) : "", accuracy is { } share ? Percent(share) : ""];

    static string Loss(double value) => value.ToString("0.0000", CultureInfo.InvariantCulture);

    static string Percent(double? value) => value?.ToString("0.0", CultureInfo.InvariantCulture) ?? "";

    /// <summary>The JSON of a prediction; <c>output</c> is that of the HTTP API with paths instead of URLs.</summary>
    sealed record Report(string Status, long? Seed, WireOutput? Output, string? Error, IReadOnlyDictionary<string, double> Metrics)
    {
        public static Report Of(Prediction prediction, string? folder) => new(
            prediction.Status.ToString().ToLowerInvariant(),
            prediction.Created.Plan?.Seed,
            prediction.Output is { } output ? Saved(output, folder) : null,
            prediction.Error,
            prediction.Metrics);

        static ComposedOutput Saved(PredictionOutput output, string? folder) => ComposedOutput.Of(output, origin: "") with
        {
            Adapter = folder,
            Checkpoint = output.Checkpoint is null || folder is null ? null : Path.Combine(folder, PredictCommand.CheckpointFolder),
            Trace = output.Trace is null || folder is null ? null : Path.Combine(folder, ResultUrls.Trace),
        };
    }
}
