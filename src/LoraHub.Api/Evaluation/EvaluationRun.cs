using LoraHub.Api.Worker;
using LoraHub.Core.Predictions;
using LoraHub.Core.Predictions.Inputs;

namespace LoraHub.Api.Evaluation;

/// <summary>Runs the predictions of an evaluation, one after the other, and keeps each result at once.</summary>
/// <param name="dataPath">The data folder; the files that the predictions make are in its <c>tmp/</c>, each until it ends.</param>
sealed class EvaluationRun(IPredictor predictor, string dataPath, EvaluationSetting setting, EvaluationResults results, TimeProvider time)
{
    /// <param name="left">Those to run.</param>
    /// <param name="begun">Is told of each as it begins.</param>
    /// <param name="ended">Is told of each that has ended, once its result is kept.</param>
    /// <exception cref="OperationCanceledException">Canceled; what had ended by then is kept.</exception>
    public async Task RunAsync(
        IReadOnlyList<PlannedPrediction> left, Action<PlannedPrediction> begun, Action<EvaluationResult> ended, CancellationToken cancellationToken)
    {
        foreach (var planned in left)
        {
            cancellationToken.ThrowIfCancellationRequested();
            begun(planned);
            var result = await PredictAsync(planned, cancellationToken);
            results.Append(result);
            ended(result);
        }
    }

    async Task<EvaluationResult> PredictAsync(PlannedPrediction planned, CancellationToken cancellationToken)
    {
        var start = time.GetTimestamp();
        var (output, error) = await OutcomeAsync(planned, cancellationToken);
        return new EvaluationResult
        {
            Task = planned.Task.Name,
            TaskSha256 = planned.Task.Digest,
            Tests = planned.Task.Tests.Count,
            Method = planned.Method.Name,
            Inputs = planned.Inputs,
            Seed = planned.Seed,
            Base = setting.BaseModel,
            BaseSha256 = setting.BaseDigest,
            PoolSha256 = setting.PoolDigest,
            Accuracy = output is null ? null : output.Accuracy ?? throw new InvalidOperationException("The predictor was given test outputs and reports no accuracy."),
            Loss = output?.Loss,
            Seconds = Math.Round(time.GetElapsedTime(start).TotalSeconds, 3),
            EndedAt = time.GetUtcNow(),
            Error = error,
        };
    }

    async Task<(PredictionOutput? Output, string? Error)> OutcomeAsync(PlannedPrediction planned, CancellationToken cancellationToken)
    {
        var (input, errors) = InputParser.Parse(planned.Request());
        if (input is null)
        {
            return (null, $"{errors[0].Field}: {errors[0].Message}");
        }

        using var workspace = Workspace.Create(dataPath);
        try
        {
            // Tensor code keeps state on its thread: it gets one of its own, and nothing is awaited on it.
            var result = await Task.Factory.StartNew(
                () => predictor.Predict(input, workspace.Folder, new Silence(), cancellationToken),
                CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
            return (result.Output, null);
        }
        catch (PredictionException exception)
        {
            return (null, exception.Message);
        }
    }

    /// <summary>The log of one prediction among hundreds is of no interest.</summary>
    internal sealed class Silence : IPredictionProgress
    {
        public void Log(string line)
        {
        }

        public void Measure(string name, double value)
        {
        }

        public void Compose(IReadOnlyList<ModuleUse> modules)
        {
        }
    }
}
