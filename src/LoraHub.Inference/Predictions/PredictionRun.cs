using System.Globalization;

using LoraHub.Core.Predictions;
using LoraHub.Core.Predictions.Inputs;
using LoraHub.Core.Telemetry;
using LoraHub.Inference.Adaptation;
using LoraHub.Inference.Lora;
using LoraHub.Inference.Results;

using static TorchSharp.torch;

namespace LoraHub.Inference.Predictions;

/// <summary>One prediction from loaded modules to files. Runs on one thread, inside the caller's dispose scope and without gradients.</summary>
sealed class PredictionRun : IDisposable
{
    LoadedPlan _plan;
    readonly int _textTokens;
    readonly PhaseClock _clock;
    readonly IPredictionProgress _progress;
    readonly CancellationToken _cancellationToken;
    readonly ModuleSearch _search;
    readonly SearchLog _log;
    FoundAdapter? _found;
    int[][]? _inputs, _outputs, _tests; // token ids

    /// <param name="cache">Losses of single modules from earlier predictions; the run adds to it.</param>
    /// <param name="textTokens">The most tokens of one text.</param>
    public PredictionRun(
        LoadedPlan plan, ProbeCache cache, int textTokens, TimeProvider time, IPredictionProgress progress, CancellationToken cancellationToken)
    {
        (_plan, _textTokens, _progress, _cancellationToken) = (plan, textTokens, progress, cancellationToken);
        _clock = new PhaseClock(time);
        _search = new ModuleSearch(plan.Base, plan.Input, plan.Seed, cache, cancellationToken);
        _log = new SearchLog(plan.Input.Budget, time, progress);
    }

    PredictionInput Input => _plan.Input;

    /// <summary>Searches for weights, generates the answers and writes the files to the folder.</summary>
    public PredictionResult Run(string folder)
    {
        var found = _found = _clock.Measure("search", Find);
        if (Input.Composition == Composition.Factors && MixedScalings.Note(found.Modules) is { } note)
        {
            _progress.Log(note);
        }

        var ranked = Rank(found);
        var answered = Input.TestInputs.Count > 0 ? _clock.Measure("answers", () => Answer(found)) : new PredictionOutput();
        var controls = Input is { Controls: true, Weights: null } ? _clock.Measure("controls", () => Control(found)) : null;
        var output = answered with
        {
            Composition = Input.Adapter is null ? Input.Composition.Word() : null,
            Weights = ranked,
            Loss = found.Loss,
            Tuning = found.Tuning,
            Controls = controls,
        };
        var files = new ResultFiles(_plan with { Modules = found.Modules }, found, output, _log);
        var result = _clock.Measure("files", () => files.Write(folder, _cancellationToken));
        _progress.Log(_clock.ToString());
        return result;
    }

    public void Dispose() => _found?.Dispose();

    /// <returns>The weights in descending order of magnitude; none for an adapter that is used again, whose modules are not known here.</returns>
    ModuleWeight[] Rank(FoundAdapter found)
    {
        if (Input.Adapter is not null)
        {
            return [];
        }

        var composition = Input.Composition == Composition.Factors ? null : Input.Composition.Word();
        var ranked = found.Modules
            .Select((module, i) => new ModuleWeight(module.Info.Id, found.Weights[i], module.Digest) { Composition = composition })
            .OrderByDescending(pair => Math.Abs(pair.Weight)).ToArray();
        _progress.Log("The recommended weight set for the LoRA modules is:");
        foreach (var (module, weight, _) in ranked)
        {
            _progress.Log(string.Create(CultureInfo.InvariantCulture, $"{weight:0.0000}: {module}"));
        }

        return ranked;
    }

    FoundAdapter Find()
    {
        if (Input.Weights is null)
        {
            _plan = _plan.Slopes is { } slopes ? _plan with { Modules = slopes.Steepest(ExampleInputs(), ExampleOutputs(), _log) } : _plan;
            return _search.Find(_plan.Modules, ExampleInputs(), ExampleOutputs(), _log, _plan.RankingCost);
        }

        var found = _found = new FoundAdapter(_plan.Modules, _search.Compose(_plan.Modules), [.. Input.Weights], Loss: null);
        return Input.HasOwnExamples ? found with { Loss = Measure(found) } : found;
    }

    LossReport Measure(FoundAdapter given)
    {
        using var scope = NewDisposeScope();
        using var examples = new FewShotExamples(_plan.Base.Model, ExampleInputs(), ExampleOutputs());
        var zero = examples.Scores(null, [new double[given.Weights.Length]], Input.Objective, _cancellationToken)[0];
        var lora = given.ToLayers(_plan.Base.Model.ComputeType);
        var loss = new LossReport(zero, examples.Scores(lora, [given.Weights], Input.Objective, _cancellationToken)[0], 2);
        return double.IsFinite(loss.Adapted)
            ? loss
            : throw new PredictionException($"{InputSchema.ModuleWeights}: with these weights the loss is not a finite number; give smaller ones.");
    }

    ControlReport Control(FoundAdapter found)
    {
        var controls = new Controls(_plan, _search, ExampleInputs(), ExampleOutputs(), TestInputs(), _cancellationToken);
        var report = controls.Make(found);
        _progress.Log(
            $"Controls, objective: zero-shot {report.ZeroShot.Loss:0.0000} · "
            + $"best single ({report.BestSingle.Module}) {report.BestSingle.Loss:0.0000} · "
            + $"uniform mean {report.UniformMean.Loss:0.0000} · random directions {report.RandomDirections.Loss:0.0000}"
            + (report.Composed is null ? "" : $" · composed {report.Composed.Loss:0.0000} · tuned from a new LoRA {report.TunedFromZero?.Loss:0.0000}"
                + $" · tuned from the best single {report.TunedFromBestSingle?.Loss:0.0000}"));
        return report;
    }

    int[][] ExampleInputs() => _inputs ??= Tokenize(Input.ExampleInputs, InputSchema.ExampleInputs);

    int[][] ExampleOutputs() => _outputs ??= Tokenize(Input.ExampleOutputs, InputSchema.ExampleOutputs);

    int[][] TestInputs() => _tests ??= Tokenize(Input.TestInputs, InputSchema.TestInputs);

    /// <returns>The answers of the adapted and of the base model, and how many are right where that is known.</returns>
    PredictionOutput Answer(FoundAdapter found)
    {
        using var scope = NewDisposeScope();
        if (_plan.Base.Model.Generation.Ignored is { Count: > 0 } ignored)
        {
            _progress.Log($"Answers are decoded greedily; not followed of the base model's generation settings: {string.Join(", ", ignored)}.");
        }

        var tests = TestInputs();
        var adapted = Answers.Generate(_plan.Base, tests, found.ToLayers(_plan.Base.Model.ComputeType), Input.MaxNewTokens, _cancellationToken);
        var zeroShot = Answers.Generate(_plan.Base, tests, null, Input.MaxNewTokens, _cancellationToken);
        if (Input.TestOutputs is not { } expected)
        {
            return new PredictionOutput { Predictions = adapted, ZeroShot = zeroShot };
        }

        var accuracy = new AccuracyReport(Answers.Accuracy(zeroShot, expected), Answers.Accuracy(adapted, expected));
        LogAnswers(zeroShot, adapted, expected);
        _progress.Log($"Exact match on {expected.Count} test inputs: zero-shot {accuracy.ZeroShot:0.0} %, adapted {accuracy.Adapted:0.0} %");
        return new PredictionOutput { Predictions = adapted, ZeroShot = zeroShot, Accuracy = accuracy };
    }

    void LogAnswers(IReadOnlyList<string> zeroShot, IReadOnlyList<string> adapted, IReadOnlyList<string> expected)
    {
        const int Shown = 10;

        for (var i = 0; i < Math.Min(Shown, adapted.Count); i++)
        {
            var verdict = ExactMatch.IsRight(adapted[i], expected[i]) ? "right" : $"wrong, expected {OneLine(expected[i])}";
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
            var text = _plan.Base.Tokenizer.Encode(texts[i], _textTokens);
            ids[i] = text.Ids;
            _plan.Base.CheckHasRows(ids[i], $"{field}, entry {i + 1}");
            if (text.IsCut)
            {
                _progress.Log($"{field}, entry {i + 1}, is longer than {text.Ids.Length} tokens and was truncated.");
            }
        }

        Instruments.CountInputTokens(ids.Sum(one => one.Length));
        return ids;
    }
}
