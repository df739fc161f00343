using LoraHub.Core.Predictions;
using LoraHub.Core.Predictions.Inputs;
using LoraHub.Core.Trainings;

namespace LoraHub.TestHost;

/// <summary>
/// Runs a script that the input <c>seed</c> selects, so that any client can cause any course of events:
/// <list type="table">
/// <item><term>none, or any other seed</term><description>logs three lines and a metric, and answers at once</description></item>
/// <item><term>1</term><description>logs a line and fails with <c>scripted failure</c></description></item>
/// <item><term>2</term><description>logs a line and runs until it is canceled</description></item>
/// <item><term>3</term><description>logs a line and throws an unexpected exception, with the input in its message</description></item>
/// <item><term>4</term><description>logs 3,000 lines at once and answers</description></item>
/// <item><term>6</term><description>writes an adapter of 64 MiB and answers</description></item>
/// <item><term>9</term><description>runs until the service is asked to stop, and a second longer, and answers</description></item>
/// <item><term>100 to 600,000</term><description>runs for that number of milliseconds, in <c>max_inference_step</c> steps with a progress line
/// each, and answers</description></item>
/// </list>
/// The settings <c>TestHost:SetupMilliseconds</c> and <c>TestHost:SetupFails</c> do the same for the setup; <see cref="Hold"/> stops runs at a step.
/// </summary>
/// <param name="lifetime">Null for commands that are no service.</param>
sealed class SeedPredictor(IConfiguration configuration, IHostApplicationLifetime? lifetime = null) : IPredictor
{
    const int Fails = 1, Hangs = 2, Breaks = 3, Chatters = 4, Writes = 6, Stays = 9, ShortestRun = 100, LongestRun = 600_000;

    readonly Hold _hold = new(configuration);

    public void Prepare(IPredictionProgress progress, CancellationToken cancellationToken)
    {
        progress.Log("Scripted setup.");
        Wait(TimeSpan.FromMilliseconds(configuration.GetValue("TestHost:SetupMilliseconds", 0)), cancellationToken);
        _hold.Pass(0, cancellationToken);
        if (configuration.GetValue("TestHost:SetupFails", defaultValue: false))
        {
            throw new PredictionException("Scripted setup failure.");
        }
    }

    public PredictionResult Predict(CompositionPlan plan, string folder, IPredictionProgress progress, CancellationToken cancellationToken)
    {
        var input = plan.Input;
        progress.Log($"Using seed: {input.Seed}");
        switch (input.Seed)
        {
            case Fails:
                throw new PredictionException("scripted failure");
            case Hangs:
                Wait(Timeout.InfiniteTimeSpan, cancellationToken);
                break;
            case Breaks:
                throw new InvalidOperationException(string.Join('\n', input.ExampleInputs));
            case Chatters:
                Step(input.Budget, TimeSpan.Zero, progress, cancellationToken);
                for (var line = 0; line < 3000; line++)
                {
                    progress.Log($"line {line}");
                }

                break;
            case Stays:
                WaitHandle.WaitAny([lifetime!.ApplicationStopping.WaitHandle, cancellationToken.WaitHandle]);
                Wait(TimeSpan.FromSeconds(1), cancellationToken);
                break;
            case Writes:
                Fill(Path.Combine(folder, "adapter.zip"), cancellationToken);
                break;
            case >= ShortestRun and <= LongestRun:
                Step(input.Budget, TimeSpan.FromMilliseconds((double)input.Seed), progress, cancellationToken);
                break;
        }

        return Answer(input, folder, progress);
    }

    /// <summary>
    /// Takes the given number of steps, or 20, of 50 ms with a checkpoint after each, or fails or hangs by its seed, as above. The adapter's
    /// bytes depend on the seed, not on interruptions.
    /// </summary>
    public PredictionResult Tune(
        TrainingPlan plan, string folder, ITuningCheckpoints checkpoints, IPredictionProgress progress, CancellationToken cancellationToken)
    {
        var steps = plan.Input.Tuning?.Steps ?? 20;
        progress.Log($"Using seed: {plan.Seed}");
        switch (plan.Seed)
        {
            case Fails:
                throw new PredictionException("scripted failure");
            case Hangs:
                Wait(Timeout.InfiniteTimeSpan, cancellationToken);
                break;
        }

        var done = 0;
        using (var last = checkpoints.Open())
        {
            using var reader = last is null ? null : new BinaryReader(last);
            done = reader?.ReadInt32() ?? 0;
        }

        while (done < steps)
        {
            _hold.Pass(done + 1, cancellationToken);
            Wait(TimeSpan.FromMilliseconds(50), cancellationToken);
            done++;
            checkpoints.Save(stream => stream.Write(BitConverter.GetBytes(done)));
            progress.Log($"{100 * done / steps,3}%|{new string('█', 1 + (9 * done / steps))}| {done}/{steps} [00:00<00:00,  0.05s/it]");
        }

        var adapter = Path.Combine(folder, "adapter.zip");
        ScriptedAdapter.Write(adapter, plan.Seed);
        return new PredictionResult(new PredictionOutput { Loss = new LossReport(1.5, 0.25, steps) }, adapter, CheckpointFile: null);
    }

    /// <summary>Answers with the prompt's words in capitals, one piece each; the seed selects the script, as above.</summary>
    public async Task GenerateAsync(GenerationPlan plan, IPredictionProgress progress, CancellationToken cancellationToken)
    {
        var words = plan.Input.Prompt.ToUpperInvariant().Split(' ');
        var pause = plan.Input.Seed is >= ShortestRun and <= LongestRun
            ? TimeSpan.FromMilliseconds((double)plan.Input.Seed) / words.Length
            : TimeSpan.Zero;
        switch (plan.Input.Seed)
        {
            case Fails:
                throw new PredictionException("scripted failure");
            case Hangs:
                await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
                break;
            case Breaks:
                throw new InvalidOperationException(plan.Input.Prompt);
        }

        foreach (var (index, word) in words.Index())
        {
            await Task.Delay(pause, cancellationToken);
            progress.Generated(index == 0 ? word : $" {word}");
        }
    }

    public IDisposable? Keep(string baseModel, ModuleUse? version, IPredictionProgress progress) => new MemoryStream();

    void Step(int steps, TimeSpan time, IPredictionProgress progress, CancellationToken cancellationToken)
    {
        for (var step = 1; step <= steps; step++)
        {
            _hold.Pass(step, cancellationToken);
            Wait(time / steps, cancellationToken);
            progress.Log($"{100 * step / steps,3}%|{new string('█', 1 + (9 * step / steps))}| {step}/{steps} [00:00<00:00,  0.01s/it]");
        }
    }

    static void Fill(string path, CancellationToken cancellationToken)
    {
        using var file = File.Create(path);
        var bytes = new byte[1024 * 1024];
        try
        {
            for (var i = 0; i < 64; i++)
            {
                file.Write(bytes);
            }
        }
        catch (IOException)
        {
            Wait(TimeSpan.FromMilliseconds(200), cancellationToken); // until the line above is to be stored, for which there is no room now
            throw;
        }
    }

    static PredictionResult Answer(PredictionInput input, string folder, IPredictionProgress progress)
    {
        progress.Log("The recommended weight set for the LoRA modules is:");
        progress.Log("0.5000: lorahub/scripted");
        progress.Measure("evaluations", input.Budget);
        var adapter = Path.Combine(folder, "adapter.zip");
        if (!File.Exists(adapter))
        {
            File.WriteAllText(adapter, "scripted adapter");
        }

        var checkpoint = input.OutputFormat == OutputFormat.Checkpoint ? Path.Combine(folder, "checkpoint.zip") : null;
        if (checkpoint is not null)
        {
            File.WriteAllText(checkpoint, "scripted checkpoint");
        }

        var output = new PredictionOutput
        {
            Weights = [new ModuleWeight("lorahub/scripted", 0.5)],
            Loss = new LossReport(1.5, 0.25, input.Budget),
            Predictions = input.TestInputs.Count == 0 ? null : input.TestInputs,
        };
        return new PredictionResult(output, adapter, checkpoint);
    }

    static void Wait(TimeSpan time, CancellationToken cancellationToken)
    {
        cancellationToken.WaitHandle.WaitOne(time);
        cancellationToken.ThrowIfCancellationRequested();
    }
}
