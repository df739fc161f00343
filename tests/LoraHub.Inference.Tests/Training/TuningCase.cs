using LoraHub.Core.Predictions;
using LoraHub.Core.Trainings;
using LoraHub.Inference.Predictions;
using LoraHub.Modules.Folders;
using LoraHub.Modules.Library;

namespace LoraHub.Inference.Tests.Training;

/// <summary>A predictor that trains the shipped model in fp32 on a few lines. Owns its folders.</summary>
sealed class TuningCase : IDisposable
{
    readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("lorahub-tuning-");
    readonly LoraHubPredictor _predictor;

    public TuningCase()
    {
        OwnModels = _folder.CreateSubdirectory("models").FullName;
        var folders = new SearchPath([OwnModels, Golden.Models]);
        var bases = new BaseModels(folders, "lorahub/t5-mini");
        Library = new ModuleLibrary(folders, bases);
        _predictor = new LoraHubPredictor(new InferenceOptions { Precision = Precision.Fp32 }, bases, Library, TimeProvider.System);
    }

    /// <summary>Six steps of three examples, of which every kind of state is part: dropout, validation, early stopping.</summary>
    public static TuningSettings Settings { get; } = new()
    {
        Rank = 4,
        Alpha = 8,
        TargetModules = ["q", "v"],
        Scope = TuningScope.All,
        LearningRate = 0.01,
        Schedule = LearningRateSchedule.Linear,
        Steps = 6,
        BatchSize = 3,
        Warmup = 2,
        WeightDecay = 0.01,
        Dropout = 0.1,
        Validation = 0.2,
        EarlyStopping = 3,
        MaxTokens = 16,
    };

    public static TrainingExample[] Examples { get; } =
    [
        .. new[]
            {
                "cat", "dog", "house", "tree", "book", "car", "river", "a very long line of words that goes on and on, never to end", "pen", "cup",
            }
            .Select(word => new TrainingExample($"More than one {word}:", word.Split(' ')[^1] + "s")),
    ];

    public ModuleLibrary Library { get; }

    /// <summary>A models folder of the test's own.</summary>
    public string OwnModels { get; }

    public static TrainingPlan Plan(TuningSettings settings, ModuleUse? start = null, long seed = 7) => new(
        new TrainingInput { Type = TrainingType.Tune, Tuning = settings }, "lorahub/t5-mini", Composition: null, start, "data", ValidationData: null,
        new TrainingDestination("me/plurals", null, true), seed);

    /// <summary>A folder with data, as the worker makes it.</summary>
    public string Folder(IReadOnlyList<TrainingExample>? examples = null)
    {
        var folder = _folder.CreateSubdirectory(Guid.NewGuid().ToString("N")).FullName;
        using var file = File.Create(Path.Combine(folder, TrainingLines.TrainFile));
        foreach (var example in examples ?? Examples)
        {
            TrainingLines.Write(file, example);
        }

        return folder;
    }

    public (PredictionResult Result, List<string> Log) Tune(
        TrainingPlan plan, string? folder = null, ITuningCheckpoints? checkpoints = null, CancellationToken? cancellationToken = null)
    {
        var log = new LogLines();
        var result = _predictor.Tune(
            plan, folder ?? Folder(), checkpoints ?? new MemoryCheckpoints(), log, cancellationToken ?? TestContext.Current.CancellationToken);
        return (result, log.Lines);
    }

    public void Dispose()
    {
        _predictor.Dispose();
        _folder.Delete(recursive: true);
    }

    sealed class LogLines : IPredictionProgress
    {
        public List<string> Lines { get; } = [];

        public void Log(string line) => Lines.Add(line);

        public void Measure(string name, double value)
        {
        }
    }
}

/// <summary>Keeps a checkpoint after every step.</summary>
/// <param name="saved">Hears of each with its number, from 1.</param>
sealed class MemoryCheckpoints(Action<int>? saved = null) : ITuningCheckpoints
{
    int _count;

    public byte[]? Last { get; set; }

    public bool IsDue => true;

    public void Save(Action<Stream> write)
    {
        using var content = new MemoryStream();
        write(content);
        Last = content.ToArray();
        saved?.Invoke(++_count);
    }

    public Stream? Open() => Last is null ? null : new MemoryStream(Last);
}
