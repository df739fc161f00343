using System.IO.Compression;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using LoraHub.Core.Predictions;
using LoraHub.Core.Predictions.Inputs;
using LoraHub.Inference.Adaptation;
using LoraHub.Inference.Predictions;
using LoraHub.Modules.Folders;
using LoraHub.Modules.Library;

namespace LoraHub.Inference.Tests.Predictions;

/// <summary>The real predictor on the shipped bundle and its own models folder, shared by a test class.</summary>
public sealed class PredictorFixture : IDisposable
{
    readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("lorahub-tests");

    public PredictorFixture()
    {
        var folders = new SearchPath([OwnModels, Golden.Models], owned: OwnModels);
        var bases = new BaseModels(folders, "lorahub/t5-mini");
        Library = new ModuleLibrary(folders, bases);
        var options = new InferenceOptions { Device = TestModels.DeviceName, Precision = Precision.Fp32 };
        Predictor = new LoraHubPredictor(options, bases, Library, TimeProvider.System);
    }

    public ModuleLibrary Library { get; }

    public LoraHubPredictor Predictor { get; }

    /// <summary>A models folder that takes precedence over the shipped one.</summary>
    public string OwnModels => Path.Combine(_folder.FullName, "models");

    /// <summary>Predicts with a request's JSON, as the service would.</summary>
    public Answer Predict(string json) => Watch(json, _ => { }, TestContext.Current.CancellationToken);

    /// <param name="change">Changes a valid input to one that no request can express.</param>
    public Answer Predict(string json, Func<PredictionInput, PredictionInput> change) =>
        Run(Plan(change(Plan(json).Input)), _ => { }, TestContext.Current.CancellationToken);

    /// <param name="watch">Receives every log line as it is written.</param>
    public Answer Watch(string json, Action<string> watch, CancellationToken cancellationToken) => Run(Plan(json), watch, cancellationToken);

    /// <summary>The plan of a request's JSON, as the service would make it.</summary>
    public CompositionPlan Plan(string json) => Checked(PredictionPlanner.Plan(JsonNode.Parse(json)!.AsObject(), Library));

    public Answer Run(CompositionPlan plan) => Run(plan, _ => { }, TestContext.Current.CancellationToken);

    /// <summary>Predicts with the result of an earlier prediction as the adapter, as the service would.</summary>
    public Answer PredictAgain(Answer made, string json)
    {
        var request = JsonNode.Parse(json)!.AsObject();
        request["adapter"] = Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(made.Result.AdapterFile)));
        return Run(Plan(request.ToJsonString()), _ => { }, TestContext.Current.CancellationToken, made.Result.AdapterFile);
    }

    /// <summary>Copies a shipped module into the test's models folder, where the test can damage it.</summary>
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

    static CompositionPlan Checked((CompositionPlan? Plan, IReadOnlyList<InputError> Errors) made) =>
        made.Plan ?? throw new PredictionException($"{made.Errors[0].Field}: {made.Errors[0].Message}");

    CompositionPlan Plan(PredictionInput input) => Checked(PredictionPlanner.Plan(input, Library));

    Answer Run(CompositionPlan plan, Action<string> watch, CancellationToken cancellationToken, string? adapter = null)
    {
        var folder = Directory.CreateDirectory(Path.Combine(_folder.FullName, Guid.NewGuid().ToString("N"))).FullName;
        if (adapter is not null)
        {
            File.Copy(adapter, Path.Combine(folder, "adapter.zip"));
        }

        var log = new LogLines(watch);
        return new Answer(Predictor.Predict(plan, folder, log, cancellationToken), log.Lines, plan.Modules);
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
    }
}

/// <summary>The result and the log of a prediction, and the versions of modules that it used.</summary>
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
