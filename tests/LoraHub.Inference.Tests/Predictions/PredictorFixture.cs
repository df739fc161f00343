using System.IO.Compression;
using System.Text.Json.Nodes;

using LoraHub.Core.Predictions;
using LoraHub.Core.Predictions.Inputs;
using LoraHub.Inference.Models;
using LoraHub.Inference.Predictions;

namespace LoraHub.Inference.Tests.Predictions;

/// <summary>The real predictor on the shipped bundle and a models folder of the test's own; a test class shares one.</summary>
public sealed class PredictorFixture : IDisposable
{
    readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("lorahub-tests");

    public PredictorFixture()
    {
        var folders = new ModelFolders([OwnModels, Golden.Models], owned: OwnModels);
        Predictor = new LoraHubPredictor(
            new InferenceOptions { Precision = Precision.Fp32 }, folders, new FolderModuleCatalog(folders, "lorahub/t5-mini"), TimeProvider.System);
    }

    public LoraHubPredictor Predictor { get; }

    /// <summary>A models folder that comes before the shipped one.</summary>
    public string OwnModels => Path.Combine(_folder.FullName, "models");

    /// <summary>Predicts with a request's JSON, as the service would.</summary>
    public Answer Predict(string json) => Watch(json, _ => { }, TestContext.Current.CancellationToken);

    /// <param name="change">Makes of a checked input one that no request can ask for.</param>
    public Answer Predict(string json, Func<PredictionInput, PredictionInput> change) => Run(change(Parse(json)), _ => { }, TestContext.Current.CancellationToken);

    /// <param name="watch">Sees every log line as it is said.</param>
    public Answer Watch(string json, Action<string> watch, CancellationToken cancellationToken) => Run(Parse(json), watch, cancellationToken);

    /// <summary>Copies a shipped module into the test's own models folder, where the test may spoil it.</summary>
    public string CopyModule(string name, string newId)
    {
        var target = Directory.CreateDirectory(Path.Combine(OwnModels, newId)).FullName;
        foreach (var file in Directory.EnumerateFiles(Path.Combine(Golden.Models, "lorahub", name)))
        {
            File.Copy(file, Path.Combine(target, Path.GetFileName(file)), overwrite: true);
        }

        return target;
    }

    public void Dispose()
    {
        Predictor.Dispose();
        _folder.Delete(recursive: true);
    }

    static PredictionInput Parse(string json)
    {
        var (input, errors) = InputParser.Parse(JsonNode.Parse(json)!.AsObject());
        Assert.Empty(errors);
        return input!;
    }

    Answer Run(PredictionInput input, Action<string> watch, CancellationToken cancellationToken)
    {
        var folder = Directory.CreateDirectory(Path.Combine(_folder.FullName, Guid.NewGuid().ToString("N"))).FullName;
        var log = new LogLines(watch);
        return new Answer(Predictor.Predict(input, folder, log, cancellationToken), log.Lines, log.Modules);
    }

    sealed class LogLines(Action<string> watch) : IPredictionProgress
    {
        public List<string> Lines { get; } = [];

        public void Log(string line)
        {
            Lines.Add(line);
            watch(line);
        }

        public void Measure(string name, double value)
        {
        }

        public IReadOnlyList<ModuleUse> Modules { get; private set; } = [];

        public void Compose(IReadOnlyList<ModuleUse> modules) => Modules = modules;
    }
}

/// <summary>What a prediction gave and said, and which versions of modules it had in use.</summary>
public sealed record Answer(PredictionResult Result, IReadOnlyList<string> Log, IReadOnlyList<ModuleUse> Modules)
{
    public PredictionOutput Output => Result.Output;

    /// <summary>Unpacks a zip beside itself and returns the folder.</summary>
    public static string Unpack(string zip)
    {
        var folder = Path.ChangeExtension(zip, null) + ".unpacked";
        ZipFile.ExtractToDirectory(zip, folder);
        return folder;
    }
}
