using LoraHub.Core.Predictions;
using LoraHub.Core.Trainings;

namespace LoraHub.Api.Tests.Upgrade;

/// <summary>A predictor that prepares itself only when it may.</summary>
sealed class WaitingPredictor(IPredictor inner, ManualResetEventSlim may) : IPredictor
{
    public void Prepare(IPredictionProgress progress, CancellationToken cancellationToken)
    {
        may.Wait(cancellationToken);
        inner.Prepare(progress, cancellationToken);
    }

    public PredictionResult Predict(CompositionPlan plan, string folder, IPredictionProgress progress, CancellationToken cancellationToken) =>
        inner.Predict(plan, folder, progress, cancellationToken);

    public PredictionResult Tune(
        TrainingPlan plan, string folder, ITuningCheckpoints checkpoints, IPredictionProgress progress, CancellationToken cancellationToken) =>
        inner.Tune(plan, folder, checkpoints, progress, cancellationToken);

    public Task GenerateAsync(GenerationPlan plan, IPredictionProgress progress, CancellationToken cancellationToken) =>
        inner.GenerateAsync(plan, progress, cancellationToken);

    public IDisposable? Keep(string baseModel, ModuleUse? version, IPredictionProgress progress) => inner.Keep(baseModel, version, progress);
}
