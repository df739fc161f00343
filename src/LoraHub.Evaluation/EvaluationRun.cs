using System.Text.Json;
using System.Text.Json.Nodes;
using LoraHub.Core.Json;
using LoraHub.Core.Predictions;
using LoraHub.Core.Threading;
using LoraHub.Inference.Adaptation;
using LoraHub.Modules.Library;

namespace LoraHub.Evaluation;

/// <summary>Runs the predictions of an evaluation, and stores each result immediately.</summary>
/// <param name="dataPath">The data folder. A running prediction keeps its files in <c>tmp/</c> there.</param>
public sealed class EvaluationRun(
    IPredictor predictor, ModuleLibrary catalog, string dataPath, EvaluationSetting setting, EvaluationResults results, TimeProvider time)
{
    const string ZeroShotControl = "zero_shot", AccuracyField = "accuracy"; // the former has a column without the controls too

    readonly Lock _lock = new();

    /// <summary>The number of predictions that run side by side. Those of one task and draw run one after the other. Default: 1.</summary>
    public int Parallel { get; init; } = 1;

    /// <summary>Loads the base model, so that no prediction's time includes the loading.</summary>
    /// <exception cref="EvaluationException">The model cannot be loaded.</exception>
    public async Task PrepareAsync(CancellationToken cancellationToken)
    {
        try
        {
            await OwnThread.RunAsync(() => predictor.Prepare(new NoProgress(), cancellationToken), CancellationToken.None);
        }
        catch (PredictionException exception)
        {
            throw new EvaluationException(exception.Message, exception);
        }
    }

    /// <param name="left">The predictions to run.</param>
    /// <param name="started">Called when a prediction starts. Calls do not overlap with each other or with those of the next.</param>
    /// <param name="ended">Called when a prediction has ended and its result is stored.</param>
    /// <exception cref="EvaluationException">The files of the base model or of a module have changed.</exception>
    /// <exception cref="OperationCanceledException">The run was canceled. The results so far are stored.</exception>
    public Task RunAsync(
        IReadOnlyList<PlannedPrediction> left,
        Action<PlannedPrediction> started,
        Action<EvaluationResult> ended,
        CancellationToken cancellationToken) =>
        // Predictions on the same examples share the losses of single modules; in a fixed order they find the same ones however many run.
        System.Threading.Tasks.Parallel.ForEachAsync(
            left.GroupBy(planned => planned.Task),
            new ParallelOptions { MaxDegreeOfParallelism = Parallel, CancellationToken = cancellationToken },
            async (task, either) =>
            {
                foreach (var planned in task)
                {
                    either.ThrowIfCancellationRequested();
                    lock (_lock)
                    {
                        started(planned);
                    }

                    var result = await PredictAsync(planned, either);
                    lock (_lock)
                    {
                        Keep(result);
                        ended(result);
                    }
                }
            });

    void Keep(EvaluationResult result)
    {
        if (!setting.Holds(catalog))
        {
            throw new EvaluationException(
                "The base model or a module was changed during the evaluation. The results so far are kept; run the same command again.");
        }

        results.Append(result);
    }

    async Task<EvaluationResult> PredictAsync(PlannedPrediction planned, CancellationToken cancellationToken)
    {
        var start = time.GetTimestamp();
        var result = Result(planned);
        var (plan, errors) = PredictionPlanner.Plan(planned.Request(), catalog);
        result = plan is null
            ? result with { Error = $"{errors[0].Field}: {errors[0].Message}" }
            : await PredictAsync(result, plan, cancellationToken);
        return result with { Seconds = Math.Round(time.GetElapsedTime(start).TotalSeconds, 3), EndedAt = time.GetUtcNow() };
    }

    /// <summary>Runs the prediction and adds its accuracy and loss to the result, or its error.</summary>
    async Task<EvaluationResult> PredictAsync(EvaluationResult result, CompositionPlan plan, CancellationToken cancellationToken)
    {
        using var workspace = Workspace.Create(dataPath);
        try
        {
            var (output, _, _, _) = await OwnThread.RunAsync(
                () => predictor.Predict(plan, workspace.Folder, new NoProgress(), cancellationToken), CancellationToken.None);
            var accuracy = output.Accuracy
                ?? throw new InvalidOperationException("The predictor returned no accuracy although the request has test outputs.");
            return result with
            {
                Accuracy = accuracy,
                Loss = output.Loss,
                TuningSteps = output.Tuning?.Steps ?? 0,
                Controls = Accuracies(output.Controls),
            };
        }
        catch (PredictionException exception)
        {
            return result with { Error = exception.Message };
        }
    }

    /// <summary>By the names that the controls have in the output's JSON, so that every control of the report becomes a column.</summary>
    static Dictionary<string, double>? Accuracies(ControlReport? controls) => controls is null
        ? null
        : JsonSerializer.SerializeToNode(controls, WireJson.Options)!.AsObject()
            .Where(pair => pair.Key != ZeroShotControl && pair.Value is JsonObject control && control[AccuracyField] is not null)
            .ToDictionary(pair => pair.Key, pair => (double)pair.Value![AccuracyField]!);

    /// <summary>Creates a result from the plan, without an outcome.</summary>
    EvaluationResult Result(PlannedPrediction planned) => new()
    {
        Task = planned.Task.Name,
        TaskSha256 = planned.Task.Digest,
        Draw = planned.Task.Draw,
        Tests = planned.Task.Tests.Count,
        Method = planned.Method.Name,
        Inputs = planned.Inputs,
        Seed = planned.Seed,
        Base = setting.BaseModel,
        BaseSha256 = setting.Conditions.BaseDigest,
        PoolSha256 = setting.Conditions.PoolDigest,
        Machine = setting.Conditions.Machine,
        Program = setting.Conditions.Program,
        Seconds = 0,
        EndedAt = default,
    };

    /// <summary>Discards the progress of single predictions; an evaluation runs hundreds.</summary>
    sealed class NoProgress : IPredictionProgress
    {
        public void Log(string line)
        {
        }

        public void Measure(string name, double value)
        {
        }
    }
}
