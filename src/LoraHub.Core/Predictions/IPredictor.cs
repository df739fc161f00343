using LoraHub.Core.Predictions.Inputs;

namespace LoraHub.Core.Predictions;

/// <summary>Does the work of a prediction. Its methods block: call them on a thread of their own.</summary>
public interface IPredictor
{
    /// <summary>Loads what every prediction needs, so that the first one does not wait for it.</summary>
    /// <exception cref="PredictionException">The base model cannot be loaded.</exception>
    void Prepare(IPredictionProgress progress, CancellationToken cancellationToken);

    /// <summary>Adapts the base model and answers. Result files are written to <paramref name="folder"/>, which exists and is the caller's.</summary>
    /// <exception cref="PredictionException">The prediction fails for a reason its client should read.</exception>
    /// <exception cref="OperationCanceledException">Canceled; at most one evaluation or one generated token after the request.</exception>
    PredictionResult Predict(PredictionInput input, string folder, IPredictionProgress progress, CancellationToken cancellationToken);
}

/// <summary>Takes what a running prediction has to say. Calls come from one thread and return at once.</summary>
public interface IPredictionProgress
{
    /// <param name="line">One line without its line feed.</param>
    void Log(string line);

    void Measure(string name, double value);

    /// <summary>From here on these modules are in use.</summary>
    void Compose(IReadOnlyList<ModuleUse> modules);
}

/// <summary>What a predictor made.</summary>
/// <param name="Output">The answer, still without URLs.</param>
/// <param name="AdapterFile">Path of <c>adapter.zip</c>.</param>
/// <param name="CheckpointFile">Path of <c>checkpoint.zip</c>, when it was asked for.</param>
/// <param name="TraceFile">Path of <c>trace.json</c>, when something was searched.</param>
public sealed record PredictionResult(PredictionOutput Output, string AdapterFile, string? CheckpointFile, string? TraceFile = null);

/// <summary>A prediction failed for a reason its client should read: the message names what is wrong and what would be right.</summary>
public sealed class PredictionException(string message, Exception? innerException = null) : Exception(message, innerException);
