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
    readonly PredictionPlan _plan;
    readonly TimeProvider _time;
    readonly PhaseClock _clock;
    readonly IPredictionProgress _progress;
    readonly CancellationToken _cancellationToken;
    readonly IComposition _composition;
    readonly List<TraceStep> _steps = [];

    public PredictionRun(PredictionPlan plan, TimeProvider time, IPredictionProgress progress, CancellationToken cancellationToken)
    {
        (_plan, _time, _progress, _cancellationToken) = (plan, time, progress, cancellationToken);
        _clock = new PhaseClock(time);
        _composition = plan.Input.Composition == Composition.Delta
            ? new DeltaComposition(plan.Modules, plan.Base.Model.ComputeType)
            : new FactorsComposition(plan.Modules, plan.Base.Model.ComputeType);
    }

    PredictionInput Input => _plan.Input;

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
        var files = new ResultFiles(_plan, _composition, weights, output, _steps);
        var result = _clock.Measure("files", () => files.Write(folder, _cancellationToken));
        _progress.Log(_clock.ToString());
        return result;
    }

    public void Dispose() => _composition.Dispose();

    (double[] Weights, LossReport? Loss) FindWeights()
    {
        if (Input.Weights is { } given && !Input.HasOwnExamples)
        {
            return ([.. given], null);
        }

        using var examples = new FewShotExamples(
            _plan.Base.Model, Tokenize(Input.ExampleInputs, InputSchema.ExampleInputs), Tokenize(Input.ExampleOutputs, InputSchema.ExampleOutputs));
        if (Input.Weights is null)
        {
            return Search(examples);
        }

        var weights = Input.Weights.ToArray();
        var scores = Score(examples, [new double[weights.Length], weights]);
        var loss = new LossReport(scores[0], scores[1], 2);
        return double.IsFinite(loss.Adapted)
            ? (weights, loss)
            : throw new PredictionException($"{InputSchema.ModuleWeights}: with these weights the loss is not a finite number; give smaller ones.");
    }

    (double[] Weights, LossReport Loss) Search(FewShotExamples examples)
    {
        var start = _time.GetTimestamp();
        var optimizer = Optimizers.Create(Input.Optimizer, new OptimizerSettings(_plan.Modules.Count, Input.Budget, Seed: _plan.Seed));
        var result = Core.Optimization.Search.Minimize(optimizer, Evaluate, Show, _cancellationToken);

        return double.IsFinite(result.ZeroValue)
            ? (result.Recommendation.Weights, new LossReport(result.ZeroValue, result.Recommendation.Value, result.Evaluations))
            : throw new PredictionException("The base model's loss on the examples is not a finite number, so nothing can be compared with it.");

        double Evaluate(double[] weights)
        {
            var begun = _time.GetTimestamp();
            var score = Score(examples, [weights])[0];
            Instruments.EvaluationDuration.Record(_time.GetElapsedTime(begun).TotalSeconds);
            return score;
        }

        void Show(Evaluation evaluation)
        {
            var elapsed = _time.GetElapsedTime(start);
            _steps.Add(TraceStep.Of(evaluation, elapsed));
            _progress.Log(ProgressLine.Format(
                evaluation.Index + 1, Input.Budget, elapsed, $"loss {evaluation.Value:0.0000}, best {evaluation.Best:0.0000}"));
        }
    }

    /// <summary>What each row of weights costs the examples, as many as possible in one pass.</summary>
    double[] Score(FewShotExamples examples, IReadOnlyList<double[]> weights)
    {
        var scores = new List<double>();
        foreach (var rows in weights.Chunk(examples.AdaptersPerPass))
        {
            using var scope = NewDisposeScope();
            scores.AddRange(examples.Scores(_composition.Compose(rows), rows, Input.Objective, _cancellationToken));
        }

        return [.. scores];
    }

    (IReadOnlyList<string>? Predictions, AccuracyReport? Accuracy) Answer(double[] weights)
    {
        using var scope = NewDisposeScope();
        var questions = Tokenize(Input.TestInputs, InputSchema.TestInputs);
        var adapted = Answers.Ask(_plan.Base, questions, _composition.Compose([weights]), Input.MaxNewTokens, _cancellationToken);
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
