using LoraHub.Core.Predictions;
using LoraHub.Inference.Adaptation;

namespace LoraHub.Inference.Training;

/// <summary>Reports the progress of a training: a line for the first and the last step, for each validation, and else about once a second.</summary>
/// <param name="total">Steps of the training.</param>
sealed class TuningLog(int total, TimeProvider time, IPredictionProgress progress)
{
    static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    long? _last;

    public void Stepped(TuningState state)
    {
        var step = state.Curve.Steps[^1];
        if (_last is { } last && step.Validation is null && step.Step < total && time.GetElapsedTime(last) < Interval)
        {
            return;
        }

        _last = time.GetTimestamp();
        var speed = state.Tokens / Math.Max(state.Seconds, 1e-6);
        var validation = step.Validation is { } loss ? $", validation={loss:0.0000}" : "";
        progress.Log(ProgressLine.Format(
            step.Step, total, TimeSpan.FromSeconds(state.Seconds), $"loss={step.Loss:0.0000}{validation}, {speed:0} tokens/s"));
        progress.Report(new RunProgress(step.Step, total, RunProgress.Finite(step.Loss))
        {
            Validation = step.Validation,
            TokensPerSecond = RunProgress.Finite(speed),
        });
        progress.Measure("loss", step.Loss);
        progress.Measure("steps", step.Step);
        if (step.Validation is { } measured)
        {
            progress.Measure("validation_loss", measured);
        }
    }
}
