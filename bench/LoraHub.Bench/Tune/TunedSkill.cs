using System.Globalization;

using LoraHub.Core.Predictions;
using LoraHub.Core.Trainings;
using LoraHub.Inference;
using LoraHub.Inference.Adaptation;
using LoraHub.Inference.Lora;
using LoraHub.Inference.Models;
using LoraHub.Inference.Predictions;
using LoraHub.Inference.Results;
using LoraHub.Inference.T5;
using LoraHub.Inference.Tokenization;
using LoraHub.Modules.Folders;
using LoraHub.Modules.Library;
using LoraHub.Modules.Versions;

using static TorchSharp.torch;

namespace LoraHub.Bench.Tune;

/// <summary>
/// Trains a LoRA of the shipped model on fresh data of one of the bundle's skills, with the shipped module's settings, and compares their answers.
/// </summary>
static class TunedSkill
{
    const int MostNewTokens = 32;

    /// <param name="module">For example <c>t5_mini-plurals</c>.</param>
    /// <param name="train">JSON Lines with <c>input</c> and <c>target</c> (models/training makes them).</param>
    /// <param name="test">The same; lines to answer.</param>
    /// <param name="kept">Receives the trained module as a PEFT folder; null to drop it.</param>
    public static void Print(string root, string module, string train, string test, string? kept)
    {
        const string BaseModel = "lorahub/t5-mini";
        var models = Path.Combine(root, "models");
        var folders = new SearchPath([models]);
        var bases = new BaseModels(folders, BaseModel);
        using var predictor = new LoraHubPredictor(
            new InferenceOptions { Precision = Precision.Fp32 }, bases, new ModuleLibrary(folders, bases), TimeProvider.System);
        var work = Directory.CreateTempSubdirectory("lorahub-tune");
        File.Copy(train, Path.Combine(work.FullName, TrainingLines.TrainFile));
        var plan = new TrainingPlan(
            new TrainingInput { Type = TrainingType.Tune, Tuning = Settings }, BaseModel, null, null, "", null,
            new TrainingDestination("me/tuned", null, true), Seed: 42);
        PredictionResult? result = null;
        var seconds = Timed.Seconds(() => result = predictor.Tune(plan, work.FullName, new NoCheckpoints(), new ErrorLog(), CancellationToken.None));

        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var folder = bases.Find(BaseModel)!;
        using var model = new BaseModel(BaseModel, T5Model.Load(folder, CPU, _ => ScalarType.Float32), T5Tokenizer.Load(folder));
        using var tuned = LoraModule.Load(
            ReusedAdapter.Extract(result!.AdapterFile, kept ?? Path.Combine(work.FullName, "tuned"), "me/tuned"), model.Model);
        using var shipped = LoraModule.Load(
            new ModuleVersion { Id = module, Folder = Path.Combine(models, "lorahub", module), BaseModel = BaseModel }, model.Model);
        TrainingExample[] lines = [.. File.ReadAllLines(test).Select(line => TrainingLines.Read(System.Text.Encoding.UTF8.GetBytes(line)))];
        Console.WriteLine($"| skill | zero-shot | shipped | tuned here | seconds |");
        Console.WriteLine("|---|---|---|---|---|");
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"| {module} | {Percent(null):0.0} | {Percent(shipped):0.0} | {Percent(tuned):0.0} | {seconds:0} |"));
        work.Delete(recursive: true);

        double Percent(LoraModule? one)
        {
            var layers = one is null ? null : new FactorsComposition([one], ScalarType.Float32).Compose([[1.0]]);
            var inputs = lines.Select(line => model.Tokenizer.Encode(line.Input).Ids).ToArray();
            return Answers.Accuracy(
                Answers.Generate(model, inputs, layers, MostNewTokens, CancellationToken.None), [.. lines.Select(line => line.Target)]);
        }
    }

    /// <summary>Those of the shipped modules (models/training/README.md), but for the gain, which is 1 here.</summary>
    static TuningSettings Settings { get; } = new()
    {
        Rank = 8,
        Alpha = 16,
        TargetModules = ["q", "v"],
        Scope = TuningScope.All,
        LearningRate = 4e-3,
        Schedule = LearningRateSchedule.Linear,
        Steps = 90,
        BatchSize = 112,
        Warmup = 10,
        WeightDecay = 0,
        Dropout = 0.1,
        Validation = 0,
        EarlyStopping = 0,
        MaxTokens = 128,
    };

    sealed class NoCheckpoints : ITuningCheckpoints
    {
        public bool IsDue => false;

        public void Save(Action<Stream> write)
        {
        }

        public Stream? Open() => null;
    }

    sealed class ErrorLog : IPredictionProgress
    {
        public void Log(string line) => Console.Error.WriteLine(line);

        public void Measure(string name, double value)
        {
        }
    }
}
