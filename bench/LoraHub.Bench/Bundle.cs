using LoraHub.Core.Predictions;
using LoraHub.Core.Predictions.Inputs;
using LoraHub.Inference;
using LoraHub.Inference.Models;
using LoraHub.Inference.Predictions;

namespace LoraHub.Bench;

/// <summary>The shipped bundle as the service uses it, without the service.</summary>
static class Bundle
{
    /// <summary>A predictor that is ready; the caller disposes it.</summary>
    public static LoraHubPredictor Open(string root) => OpenModels(Path.Combine(root, "models"));

    /// <summary>The same with the models and modules of another folder.</summary>
    public static LoraHubPredictor OpenModels(string models)
    {
        var folders = new ModelFolders([models]);
        var predictor = new LoraHubPredictor(
            new InferenceOptions { Precision = Precision.Fp32 }, folders, new FolderModuleCatalog(folders, new ModelsOptions().Base), TimeProvider.System);
        predictor.Prepare(new Silence(), CancellationToken.None);
        return predictor;
    }

    /// <summary>A whole prediction, its files included; they are deleted.</summary>
    public static PredictionOutput Predict(LoraHubPredictor predictor, PredictionInput input)
    {
        var folder = Directory.CreateTempSubdirectory("lorahub-bench");
        try
        {
            return predictor.Predict(input, folder.FullName, new Silence(), CancellationToken.None).Output;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    sealed class Silence : IPredictionProgress
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
