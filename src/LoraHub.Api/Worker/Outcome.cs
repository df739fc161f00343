using LoraHub.Core.Predictions;

namespace LoraHub.Api.Worker;

/// <summary>How an attempt ended.</summary>
/// <param name="Events">What is to be recorded; it includes the end unless the work leaves that to its caller.</param>
/// <param name="Undo">Takes back what a success has changed elsewhere, if the prediction is canceled before the success is recorded; or null.</param>
sealed record Outcome(IReadOnlyList<PredictionEvent> Events, Func<Task>? Undo = null);

/// <summary>The worker is stopping, and the work goes on from a checkpoint later.</summary>
sealed class HandedBackException() : Exception("The work was handed back.");
