using LoraHub.Core.Predictions.Inputs;
using LoraHub.Core.Trainings;

namespace LoraHub.Core.Predictions;

/// <summary>Runs predictions. Its methods block unless they say otherwise: call them on a dedicated thread.</summary>
public interface IPredictor
{
    /// <summary>Loads what every prediction needs, so that the first one does not wait for it.</summary>
    /// <exception cref="PredictionException">The base model cannot be loaded.</exception>
    void Prepare(IPredictionProgress progress, CancellationToken cancellationToken);

    /// <summary>
    /// Adapts the base model and answers the test inputs, as planned. Writes result files to <paramref name="folder"/>, which exists and belongs to
    /// the caller. For a plan with an adapter (<see cref="PredictionInput.Adapter"/>) the folder already holds it, as <c>adapter.zip</c>.
    /// </summary>
    /// <exception cref="PredictionException">The prediction failed; the message is for its client.</exception>
    /// <exception cref="OperationCanceledException">Canceled; at most one evaluation or one generated token after the request.</exception>
    PredictionResult Predict(CompositionPlan plan, string folder, IPredictionProgress progress, CancellationToken cancellationToken);

    /// <summary>
    /// Trains a LoRA by gradient, as planned. The same plan, data and machine give the same files, whether it was interrupted or not.
    /// </summary>
    /// <param name="folder">
    /// Exists and belongs to the caller. Holds <see cref="TrainingLines.TrainFile"/>; <see cref="TrainingLines.ValidationFile"/> if there is data to
    /// validate on; and <see cref="TrainingLines.StartFile"/>, a PEFT adapter, to start from a composition. Receives the result's files.
    /// </param>
    /// <param name="checkpoints">Where it goes on if an earlier attempt was lost.</param>
    /// <exception cref="PredictionException">The training failed; the message is for its client.</exception>
    /// <exception cref="OperationCanceledException">Canceled; at most one step after the request.</exception>
    PredictionResult Tune(
        TrainingPlan plan, string folder, ITuningCheckpoints checkpoints, IPredictionProgress progress, CancellationToken cancellationToken);

    /// <summary>
    /// Answers a prompt. Unlike the other methods it does not block: prompts for one base model are answered together, each with its own module.
    /// </summary>
    /// <param name="progress">Receives the pieces of the answer from another thread, one call at a time.</param>
    /// <exception cref="PredictionException">The prediction failed; the message is for its client.</exception>
    /// <exception cref="OperationCanceledException">Canceled; at most one generated token after the request.</exception>
    Task GenerateAsync(GenerationPlan plan, IPredictionProgress progress, CancellationToken cancellationToken);

    /// <summary>Loads a model and keeps it loaded until the result is disposed.</summary>
    /// <param name="baseModel">The id of the base model.</param>
    /// <param name="version">A module for it, or null.</param>
    /// <returns>Null, with nothing kept, if the limits of memory for loaded models are reached.</returns>
    /// <exception cref="PredictionException">The model cannot be loaded.</exception>
    IDisposable? Keep(string baseModel, ModuleUse? version, IPredictionProgress progress);
}

/// <summary>Receives the progress of a running prediction. Calls come from one thread and must not block.</summary>
public interface IPredictionProgress
{
    /// <param name="line">One line without its line feed.</param>
    void Log(string line);

    void Measure(string name, double value);

    /// <summary>Reports a piece of the answer to a prompt.</summary>
    /// <param name="text">Not empty; whole characters.</param>
    void Generated(string text)
    {
    }

    /// <summary>Reports a finished evaluation of the search. Logs its line by default.</summary>
    void Evaluated(SearchProgress progress) => Log(progress.Line);

    /// <summary>Reports the same, and the steps of a training, as data.</summary>
    void Report(RunProgress progress)
    {
    }
}

/// <summary>The progress of a search.</summary>
/// <param name="Done">Finished evaluations, at most <paramref name="Total"/>.</param>
/// <param name="Best">The lowest loss so far.</param>
/// <param name="Line">The same as a log line.</param>
public sealed record SearchProgress(int Done, int Total, double Best, string Line);

/// <summary>A predictor's result.</summary>
/// <param name="Output">The output, without the digests of its files.</param>
/// <param name="AdapterFile">Path of <c>adapter.zip</c>.</param>
/// <param name="CheckpointFile">Path of <c>checkpoint.zip</c>, when requested.</param>
/// <param name="TraceFile">Path of <c>trace.json</c>, when there was a search.</param>
public sealed record PredictionResult(PredictionOutput Output, string AdapterFile, string? CheckpointFile, string? TraceFile = null);

/// <summary>A prediction failed. The message is for its client: it says what is wrong and how to fix it.</summary>
public sealed class PredictionException(string message, Exception? innerException = null) : Exception(message, innerException);
