using LoraHub.Core.Predictions;
using LoraHub.Core.Predictions.Inputs;
using LoraHub.Core.Trainings;
using LoraHub.Inference.Gradients;
using LoraHub.Inference.Lora;
using LoraHub.Inference.Models;
using LoraHub.Inference.Results;
using LoraHub.Inference.Training;

using static TorchSharp.torch;

namespace LoraHub.Inference.Predictions;

/// <summary>Loads what a training by gradient needs and runs it.</summary>
sealed class Tuner(LoadedModels models, TimeProvider time)
{
    /// <inheritdoc cref="IPredictor.Tune"/>
    public PredictionResult Tune(
        TrainingPlan plan, string folder, ITuningCheckpoints checkpoints, IPredictionProgress progress, CancellationToken cancellationToken)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        progress.Log($"Using seed: {plan.Seed}");
        using var model = models.RentModel(plan.BaseModel, progress);
        var (factors, start) = Start(plan, folder, model.Value);
        using var owned = factors;
        using var run = new TuningRun(new LoadedTuning(plan, model.Value, factors, start), folder, checkpoints, time, progress, cancellationToken);
        return run.Run();
    }

    /// <returns>The factors that a training begins with, which the caller disposes, and what they are.</returns>
    (LoraFactors Factors, string? Name) Start(TrainingPlan plan, string folder, BaseModel model)
    {
        var settings = plan.Input.Tuning!;
        var zip = Path.Combine(folder, TrainingLines.StartFile);
        if (File.Exists(zip))
        {
            using var composed = LoraModule.Load(ReusedAdapter.Extract(zip, Path.Combine(folder, "start"), "a composition"), model.Model);
            return (TuningStart.From(composed, settings), "a composition");
        }

        if (plan.Start is not { } use)
        {
            return (TuningStart.New(model.Model, settings, plan.Seed), null);
        }

        var info = models.Find(use);
        if (info.BaseModel != plan.BaseModel)
        {
            throw new PredictionException(
                $"{TrainingSchema.InitFrom}: `{info.Id}` is a module of `{info.BaseModel}`; name a module of `{plan.BaseModel}`.");
        }

        using var module = models.RentModule(info, model);
        return (TuningStart.From(module.Value, settings), $"{info.Id}@{module.Value.Digest}");
    }
}
