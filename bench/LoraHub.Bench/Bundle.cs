using LoraHub.Core.Predictions;
using LoraHub.Core.Predictions.Inputs;
using LoraHub.Inference;
using LoraHub.Inference.Adaptation;
using LoraHub.Inference.Predictions;
using LoraHub.Modules.Folders;
using LoraHub.Modules.Library;

namespace LoraHub.Bench;

/// <summary>A folder of models and modules as the service uses it, without the service.</summary>
sealed class Bundle : IDisposable
{
    readonly ModuleLibrary _library;
    readonly LoraHubPredictor _predictor;

    /// <summary>Loads nothing yet.</summary>
    public Bundle(string models, string baseModel, InferenceOptions options)
    {
        var folders = new SearchPath([models]);
        var bases = new BaseModels(folders, baseModel);
        _library = new ModuleLibrary(folders, bases);
        _predictor = new LoraHubPredictor(options, bases, _library, TimeProvider.System);
    }

    /// <summary>The shipped bundle, ready; the caller disposes it.</summary>
    public static Bundle Open(string root) => OpenModels(Path.Combine(root, "models"));

    /// <summary>The same with the models and modules of another folder.</summary>
    public static Bundle OpenModels(string models)
    {
        var bundle = new Bundle(models, new ModelsOptions().Base, new InferenceOptions { Precision = Precision.Fp32 });
        bundle._predictor.Prepare(new Silence(), CancellationToken.None);
        return bundle;
    }

    /// <summary>Plans and runs a whole prediction, including its result files, and deletes the files.</summary>
    public PredictionOutput Predict(PredictionInput input)
    {
        var (plan, errors) = PredictionPlanner.Plan(input, _library);
        if (plan is null)
        {
            throw new InvalidOperationException(errors[0].Message);
        }

        var folder = Directory.CreateTempSubdirectory("lorahub-bench");
        try
        {
            return _predictor.Predict(plan, folder.FullName, new Silence(), CancellationToken.None).Output;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    public void Dispose() => _predictor.Dispose();

    sealed class Silence : IPredictionProgress
    {
        public void Log(string line)
        {
        }

        public void Measure(string name, double value)
        {
        }
    }
}
