using System.Globalization;

using LoraHub.Core.Optimization;
using LoraHub.Core.Predictions;
using LoraHub.Core.Predictions.Inputs;
using LoraHub.Core.Telemetry;
using LoraHub.Inference.Lora;

using static TorchSharp.torch;

namespace LoraHub.Inference.Predictions;

/// <summary>One prediction from loaded modules to files. Runs on one thread, inside the caller's dispose scope and without gradients.</summary>
sealed class PredictionRun : IDisposable
{
    /// <summary>So many modules a probing keeps; chosen on the even-numbered tasks of bench/tasks (docs/methods.md).</summary>
    const int Kept = 8;

    readonly TimeProvider _time;
    readonly PhaseClock _clock;
    readonly IPredictionProgress _progress;
    readonly CancellationToken _cancellationToken;
    readonly ProbeCache _probes;
    readonly List<TraceStep> _steps = [];
    readonly List<TracedScreen> _screens = [];
    PredictionPlan _plan; // its modules become fewer where the examples choose them
    IComposition? _composition;

    /// <param name="probes">What is known of modules alone, of earlier predictions; added to.</param>
    public PredictionRun(PredictionPlan plan, ProbeCache probes, TimeProvider time, IPredictionProgress progress, CancellationToken cancellationToken)
    {
        (_plan, _probes, _time, _progress, _cancellationToken) = (plan, probes, time, progress, cancellationToken);
        _clock = new PhaseClock(time);
    }

    PredictionInput Input => _plan.Input;

    IComposition Composition => _composition ??= Compose(_plan.Modules);

    /// <summary>Searches, answers and writes the files into the folder.</summary>
    public PredictionResult Run(string folder)
    {
        var (weights, loss) = _clock.Measure("search", FindWeights);
        var ranked = _plan.Modules.Select((module, i) => new ModuleWeight(module.Info.Id, weights[i])).OrderByDescending(pair => Math.Abs(pair.Weight)).ToArray();
        _progress.Log("The recommended weight set for the LoRA modules is:");
        foreach (var (module, weight) in ranked)
        {
            _progress.Log(string.Create(CultureInfo.InvariantCulture, $"{weight:0.0000}: {module}"));
        }

        var (predictions, accuracy) = Input.TestInputs.Count > 0 ? _clock.Measure("answers", () => Answer(weights)) : (null, null);
        var output = new PredictionOutput { Weights = ranked, Loss = loss, Predictions = predictions, Accuracy = accuracy };
        var files = new ResultFiles(_plan, Composition, weights, output, _steps, _screens);
        var result = _clock.Measure("files", () => files.Write(folder, _cancellationToken));
        _progress.Log(_clock.ToString());
        return result;
    }

    public void Dispose() => _composition?.Dispose();

    IComposition Compose(IReadOnlyList<LoraModule> modules) => Input.Composition == Core.Predictions.Inputs.Composition.Delta
        ? new DeltaComposition(modules, _plan.Base.Model.ComputeType)
        : new FactorsComposition(modules, _plan.Base.Model.ComputeType);

    (double[] Weights, LossReport? Loss) FindWeights()
    {
        if (Input.Weights is { } given && !Input.HasOwnExamples)
        {
            return ([.. given], null);
        }

        var (inputs, targets) = (Tokenize(Input.ExampleInputs, InputSchema.ExampleInputs), Tokenize(Input.ExampleOutputs, InputSchema.ExampleOutputs));
        using var examples = new FewShotExamples(_plan.Base.Model, inputs, targets);
        if (Input.Weights is null)
        {
            return Search(examples, inputs, targets);
        }

        var weights = Input.Weights.ToArray();
        using var scope = NewDisposeScope();
        var zero = examples.Scores(null, [new double[weights.Length]], Input.Objective, _cancellationToken)[0];
        var loss = new LossReport(zero, examples.Scores(Composition.Compose([weights]), [weights], Input.Objective, _cancellationToken)[0], 2);
        return double.IsFinite(loss.Adapted)
            ? (weights, loss)
            : throw new PredictionException($"{InputSchema.ModuleWeights}: with these weights the loss is not a finite number; give smaller ones.");
    }

    (double[] Weights, LossReport Loss) Search(FewShotExamples examples, int[][] inputs, int[][] targets)
    {
        var start = _time.GetTimestamp();
        var spent = Input.ModuleSelection == ModuleSelection.Probe ? Screen(inputs, targets, start) : 0;
        using var probes = new ModuleProbes(_plan.Base, _plan.Modules, inputs, targets, _probes, _cancellationToken);
        var search = new WeightSearch(_plan.Modules, Composition, examples, probes, Input, _cancellationToken);
        var result = search.Minimize(Input.Budget - spent, _plan.Seed, Show);
        if (spent + result.Evaluations < Input.Budget)
        {
            _progress.Log($"Nothing improves any more: the search ends after {spent + result.Evaluations} of {Input.Budget} evaluations.");
        }

        return (result.Recommendation.Weights, new LossReport(result.ZeroValue, result.Recommendation.Value, spent + result.Evaluations));

        void Show(Evaluation evaluation)
        {
            var elapsed = _time.GetElapsedTime(start);
            _steps.Add(TraceStep.Of(evaluation, elapsed));
            _progress.Log(ProgressLine.Format(
                spent + evaluation.Index + 1, Input.Budget, elapsed, $"loss {evaluation.Value:0.0000}, best {evaluation.Best:0.0000}"));
        }
    }

    /// <summary>Keeps the modules that help the examples most when each is tried alone.</summary>
    /// <returns>How many evaluations that cost.</returns>
    int Screen(int[][] inputs, int[][] targets, long start)
    {
        var candidates = _plan.Modules;
        using var probes = new ModuleProbes(_plan.Base, candidates, inputs, targets, _probes, _cancellationToken);
        var screened = Screening.Run(candidates.Count, probes.Parts, Input.Budget, Kept, Try);
        _plan = _plan with { Modules = [.. screened.Kept.Select(place => candidates[place])] };
        _progress.Log($"Tried {candidates.Count} modules, at the cost of {screened.Evaluations} evaluations of all examples; kept {string.Join(", ", _plan.Modules.Select(module => module.Info.Id))}");
        return screened.Evaluations;

        IReadOnlyList<double> Try(Screen screen)
        {
            var losses = probes.Losses(screen);
            var seconds = Math.Round(_time.GetElapsedTime(start).TotalSeconds, 6);
            _screens.AddRange(screen.Groups.Zip(losses, (group, loss) => new TracedScreen(
                [.. group.Select(place => candidates[place].Info.Id)], screen.Part, double.IsFinite(loss) ? loss : null, seconds)));
            return losses;
        }
    }

    (IReadOnlyList<string>? Predictions, AccuracyReport? Accuracy) Answer(double[] weights)
    {
        using var scope = NewDisposeScope();
        var questions = Tokenize(Input.TestInputs, InputSchema.TestInputs);
        var adapted = Answers.Ask(_plan.Base, questions, Composition.Compose([weights]), Input.MaxNewTokens, _cancellationToken);
        if (Input.TestOutputs is not { } expected)
        {
            return (adapted, null);
        }

        var zeroShot = Answers.Ask(_plan.Base, questions, null, Input.MaxNewTokens, _cancellationToken);
        var accuracy = new AccuracyReport(Answers.Accuracy(zeroShot, expected), Answers.Accuracy(adapted, expected));
        LogAnswers(zeroShot, adapted, expected);
        _progress.Log($"Exact match on {expected.Count} test inputs: zero-shot {accuracy.ZeroShot:0.0} %, adapted {accuracy.Adapted:0.0} %");
        return (adapted, accuracy);
    }

    void LogAnswers(IReadOnlyList<string> zeroShot, IReadOnlyList<string> adapted, IReadOnlyList<string> expected)
    {
        const int Shown = 10;

        for (var i = 0; i < Math.Min(Shown, adapted.Count); i++)
        {
            var verdict = Answers.IsRight(adapted[i], expected[i]) ? "right" : $"wrong, expected {OneLine(expected[i])}";
            _progress.Log($"  {OneLine(Input.TestInputs[i])} → zero-shot: {OneLine(zeroShot[i])} · adapted: {OneLine(adapted[i])} ({verdict})");
        }
    }

    static string OneLine(string text)
    {
        const int Longest = 80;
        var line = text.ReplaceLineEndings(" ");
        return line.Length <= Longest ? line : string.Concat(line.AsSpan(0, Longest), "…");
    }

    int[][] Tokenize(IReadOnlyList<string> texts, string field)
    {
        var ids = new int[texts.Count][];
        for (var i = 0; i < texts.Count; i++)
        {
            _cancellationToken.ThrowIfCancellationRequested();
            var text = _plan.Base.Tokenizer.Encode(texts[i]);
            ids[i] = text.Ids;
            if (text.IsCut)
            {
                _progress.Log($"{field}, entry {i + 1}, is longer than {text.Ids.Length} tokens and was cut there.");
            }
        }

        Instruments.CountInputTokens(ids.Sum(one => one.Length));
        return ids;
    }
}
