using System.Collections.Concurrent;
using System.IO.Compression;
using LoraHub.Core.Predictions;
using LoraHub.Core.Predictions.Inputs;
using LoraHub.Core.Trainings;
using LoraHub.Modules.Versions;

namespace LoraHub.Api.Tests.Support;

/// <summary>A predictor that runs the test's script.</summary>
sealed class ScriptedPredictor : IPredictor
{
    /// <summary>Blocks, as a real predictor does. Default: logs two lines and answers.</summary>
    public Func<Run, PredictionResult> Script { get; set; } = run =>
    {
        run.Progress.Log("Using seed: 42");
        run.Progress.Measure("evaluations", 40);
        run.Progress.Log("Done");
        return run.Answer();
    };

    /// <summary>Answers a prompt. Default: with its words, one piece each, in capitals.</summary>
    public Func<GenerationPlan, IPredictionProgress, CancellationToken, Task> TextScript { get; set; } = (plan, progress, _) =>
    {
        foreach (var (index, word) in plan.Input.Prompt.ToUpperInvariant().Split(' ').Index())
        {
            progress.Generated(index == 0 ? word : $" {word}");
        }

        return Task.CompletedTask;
    };

    /// <summary>Trains. Default: logs two steps and makes an adapter.</summary>
    public Func<TrainingPlan, string, ITuningCheckpoints, IPredictionProgress, CancellationToken, PredictionResult> TuneScript { get; set; } =
        (_, folder, _, progress, _) =>
        {
            progress.Log(" 50%|█████     | 1/2 [00:00<00:00,  0.01s/it]");
            progress.Log("100%|██████████| 2/2 [00:00<00:00,  0.01s/it]");
            var adapter = Path.Combine(folder, "adapter.zip");
            File.WriteAllBytes(adapter, Run.AdapterBytes);
            return new PredictionResult(new PredictionOutput { Loss = new LossReport(1.5, 0.25, 2) }, adapter, CheckpointFile: null);
        };

    public Action<IPredictionProgress, CancellationToken> Setup { get; set; } = (progress, _) => progress.Log("Loaded.");

    public void Prepare(IPredictionProgress progress, CancellationToken cancellationToken) => Setup(progress, cancellationToken);

    public PredictionResult Predict(CompositionPlan plan, string folder, IPredictionProgress progress, CancellationToken cancellationToken) =>
        Script(new Run(plan.Input, folder, progress, cancellationToken));

    public PredictionResult Tune(
        TrainingPlan plan, string folder, ITuningCheckpoints checkpoints, IPredictionProgress progress, CancellationToken cancellationToken) =>
        TuneScript(plan, folder, checkpoints, progress, cancellationToken);

    public Task GenerateAsync(GenerationPlan plan, IPredictionProgress progress, CancellationToken cancellationToken) =>
        TextScript(plan, progress, cancellationToken);

    /// <summary>What is kept loaded now: base models and modules with their digests.</summary>
    public IReadOnlyCollection<string> Kept => [.. _kept.Keys];

    /// <summary>Why nothing can be kept loaded, or null.</summary>
    public PredictionException? KeepFails { get; set; }

    readonly ConcurrentDictionary<string, bool> _kept = new(StringComparer.Ordinal);

    public IDisposable? Keep(string baseModel, ModuleUse? version, IPredictionProgress progress)
    {
        if (KeepFails is not null)
        {
            throw KeepFails;
        }

        var name = version is null ? baseModel : $"{version.Id}@{version.Digest}";
        Assert.True(_kept.TryAdd(name, true), $"{name} is kept twice");
        return new Release(() => _kept.TryRemove(name, out _));
    }

    sealed class Release(Action release) : IDisposable
    {
        public void Dispose() => release();
    }
}

sealed record Run(PredictionInput Input, string Folder, IPredictionProgress Progress, CancellationToken CancellationToken)
{
    /// <summary>The bytes of every adapter in these tests, which can be published.</summary>
    public static readonly byte[] AdapterBytes = Adapter(Adapter(0).Length);

    /// <summary>A trace whose first loss is NaN.</summary>
    public static readonly SearchTrace Trace = new()
    {
        BaseModel = "lorahub/scripted",
        Seed = 42,
        Budget = 40,
        Composition = "factors",
        Objective = "token_loss",
        Optimizer = "cobyla",
        Modules = [new TracedModule("lorahub/plurals", new string('1', 64)), new TracedModule("lorahub/colors", new string('2', 64))],
        Steps = [new TraceStep(0, TraceKinds.Search, [0, 0], null, 0.01), new TraceStep(1, TraceKinds.Search, [0.5, -0.25], 0.1 + 0.2, 1e-5)],
    };

    /// <summary>The bytes of every adapter in these tests.</summary>
    public PredictionResult Answer(string suffix = "s → <ok>")
    {
        var adapter = Path.Combine(Folder, "adapter.zip");
        File.WriteAllBytes(adapter, AdapterBytes);
        var checkpoint = Input.OutputFormat == OutputFormat.Checkpoint ? Path.Combine(Folder, "checkpoint.zip") : null;
        if (checkpoint is not null)
        {
            File.WriteAllText(checkpoint, "merged");
        }

        var trace = Input.Weights is null ? Path.Combine(Folder, "trace.json") : null;
        if (trace is not null)
        {
            using var file = File.Create(trace);
            Trace.Write(file);
        }

        var output = new PredictionOutput
        {
            Weights = [new ModuleWeight("lorahub/plurals", 0.5), new ModuleWeight("lorahub/colors", -0.25)],
            Loss = new LossReport(1.5, 0.25, 40),
            Predictions = Input.TestInputs.Count == 0 ? null : [.. Input.TestInputs.Select(line => line + suffix)],
        };
        return new PredictionResult(output, adapter, checkpoint, trace);
    }

    /// <summary>A zip of 1,000 bytes.</summary>
    /// <param name="others">The bytes besides the card's padding.</param>
    static byte[] Adapter(int others)
    {
        const int Bytes = 1000;
        var padding = new byte[others == 0 ? 0 : Bytes - others];
        return PeftFiles.Zip(CompressionLevel.NoCompression, [.. PeftFiles.Of(1, 2).SkipLast(1), (ModuleFiles.Card, padding)]);
    }

    /// <summary>Waits until canceled or stopped, as a search does at its next evaluation.</summary>
    public PredictionResult UntilCanceled()
    {
        CancellationToken.WaitHandle.WaitOne(Limits.Wait);
        CancellationToken.ThrowIfCancellationRequested();
        throw new TimeoutException("Nobody canceled.");
    }
}
