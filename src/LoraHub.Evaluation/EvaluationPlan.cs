using System.Text.Json.Nodes;
using LoraHub.Core.Json;
using LoraHub.Core.Predictions.Inputs;
using LoraHub.Inference.Adaptation;
using LoraHub.Modules.Library;
using LoraHub.Modules.Versions;

namespace LoraHub.Evaluation;

/// <summary>One prediction of an evaluation.</summary>
/// <param name="Seed">Null for a method that draws nothing.</param>
/// <param name="Inputs">The inputs other than the task's texts and the seed, sorted by name.</param>
/// <param name="Budget">The maximum number of evaluations in its search.</param>
public sealed record PlannedPrediction(EvaluationTask Task, EvaluationMethod Method, long? Seed, JsonObject Inputs, int Budget)
{
    public ResultKey Key(EvaluationSetting setting) =>
        new(new ResultQuestion(Task.Digest, Task.Draw, Task.Tests.Count, Inputs.ToJsonString(), Seed, setting.BaseModel), setting.Conditions);

    /// <summary>The whole request, as a client would send it.</summary>
    public JsonObject Request() => EvaluationPlan.Request(Task, Seed, Inputs);
}

/// <summary>All predictions of an evaluation, validated before the first one runs.</summary>
/// <param name="Tasks">Each task once for each draw of its examples.</param>
/// <param name="Draws">The file that gives each seed its modules, or null where the service draws.</param>
public sealed record EvaluationPlan(
    IReadOnlyList<EvaluationTask> Tasks,
    IReadOnlyList<EvaluationMethod> Methods,
    IReadOnlyList<long> Seeds,
    string? Draws,
    IReadOnlyList<PlannedPrediction> Predictions)
{
    const string DefaultAgainst = "best";

    /// <summary>The method that the others are compared with, task by task; null for no comparison.</summary>
    public string? Against { get; init; }

    /// <summary>The number of draws of the examples.</summary>
    public int ExampleDraws => Tasks.Max(task => task.Draw) + 1;

    /// <param name="common">Inputs of every method that does not set them itself.</param>
    /// <param name="draws">For the methods that draw at random, or null to let the service draw.</param>
    /// <param name="against">The method to compare the others with; null takes <c>best</c> if it is one of them.</param>
    /// <exception cref="EvaluationException">A method's inputs are invalid, or require models or modules that are missing.</exception>
    public static EvaluationPlan Create(
        IReadOnlyList<EvaluationTask> tasks,
        IReadOnlyList<EvaluationMethod> methods,
        IReadOnlyList<long> seeds,
        JsonObject common,
        ModuleDraws? draws,
        ModuleLibrary catalog,
        string? against = null)
    {
        if (methods.CountBy(method => method.Name, StringComparer.Ordinal).FirstOrDefault(name => name.Value > 1).Key is { } twice)
        {
            throw new EvaluationException($"The method `{twice}` is given twice; give each once.");
        }

        if (against is not null && !methods.Any(method => method.Name == against))
        {
            throw new EvaluationException(
                $"--against: `{against}` is not among the methods of this evaluation: {string.Join(", ", methods.Select(method => method.Name))}.");
        }

        var runs = new List<(EvaluationMethod Method, long? Seed, JsonObject Inputs, int Budget)>();
        foreach (var method in methods)
        {
            foreach (var seed in method.IsZeroShot ? [null] : seeds.Cast<long?>())
            {
                var inputs = InputsOf(method, seed, common, draws, catalog);
                runs.Add((method, seed, inputs, Check(method, Request(tasks[0], seed, inputs), catalog)));
            }
        }

        return new EvaluationPlan(
            tasks,
            methods,
            seeds,
            draws?.File,
            [.. tasks.SelectMany(task => runs.Select(run => new PlannedPrediction(task, run.Method, run.Seed, run.Inputs, run.Budget)))])
        {
            Against = against ?? methods.FirstOrDefault(method => method.Name == DefaultAgainst)?.Name,
        };
    }

    /// <summary>The predictions that have not succeeded yet, without duplicates.</summary>
    public IReadOnlyList<PlannedPrediction> Left(EvaluationSetting setting, EvaluationResults results) =>
        [.. Predictions.DistinctBy(planned => planned.Key(setting)).Where(planned => results.Find(planned.Key(setting)) is not { Error: null })];

    /// <summary>How many of the remaining predictions have a result that was made under other conditions and is not reused.</summary>
    public int Outdated(EvaluationSetting setting, EvaluationResults results) =>
        Left(setting, results).Count(planned => results.HasSucceeded(planned.Key(setting).Question));

    public static JsonObject Request(EvaluationTask task, long? seed, JsonObject inputs)
    {
        var request = (JsonObject)inputs.DeepClone();
        request[InputSchema.ExampleInputs] = Column(task.Examples, line => line.Input);
        request[InputSchema.ExampleOutputs] = Column(task.Examples, line => line.Target);
        request[InputSchema.TestInputs] = Column(task.Tests, line => line.Input);
        request[InputSchema.TestOutputs] = Column(task.Tests, line => line.Target);
        request[InputSchema.Seed] = seed;
        return request;
    }

    static JsonArray Column(IReadOnlyList<TaskLine> lines, Func<TaskLine, string> text) => [.. lines.Select(line => (JsonNode)text(line))];

    static JsonObject InputsOf(EvaluationMethod method, long? seed, JsonObject common, ModuleDraws? draws, ModuleLibrary catalog)
    {
        if (method.IsZeroShot)
        {
            return Normalize(ZeroShot(common, catalog));
        }

        var inputs = (JsonObject)common.DeepClone();
        foreach (var (name, value) in method.Inputs)
        {
            inputs[name] = value?.DeepClone();
        }

        if (draws is not null && seed is { } drawn && DrawsAtRandom(inputs))
        {
            inputs[InputSchema.LoraModulesSpecified] = string.Join(',', draws.Of(drawn));
        }

        return Normalize(inputs);
    }

    /// <summary>The base model's own answers: a prediction with one module of weight 0.</summary>
    static JsonObject ZeroShot(JsonObject common, ModuleLibrary catalog)
    {
        var module = EvaluationSetting.Usable(catalog).FirstOrDefault()
            ?? throw new EvaluationException(
                $"There is no module of the base model `{catalog.DefaultBaseModel}`; zero-shot needs one too, and gives it the weight 0.");
        var inputs = new JsonObject { [InputSchema.ModuleWeights] = new JsonObject { [module.Id] = 0 } };
        if (common[InputSchema.MaxNewTokens] is { } maxNewTokens)
        {
            inputs[InputSchema.MaxNewTokens] = maxNewTokens.DeepClone();
        }

        return inputs;
    }

    /// <summary>Whether the prediction draws its modules at random: the inputs do not name, weight or otherwise select them.</summary>
    static bool DrawsAtRandom(JsonObject inputs) =>
        inputs[InputSchema.LoraModulesSpecified] is null
        && inputs[InputSchema.ModuleWeights] is null
        && IsMissingOr(inputs, InputSchema.ModuleSelection, "random")
        && IsMissingOr(inputs, InputSchema.Method, Core.Predictions.Inputs.Methods.Default);

    /// <summary>Whether the input is missing, or has this text.</summary>
    static bool IsMissingOr(JsonObject inputs, string name, string text) =>
        inputs[name] is not { } given || (given is JsonValue value && value.TryGetValue<string>(out var word) && word == text);

    /// <summary>Sorts the inputs by name and normalizes numbers by a round trip through JSON, so that equal inputs have equal keys.</summary>
    static JsonObject Normalize(JsonObject inputs)
    {
        var sorted = inputs.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => KeyValuePair.Create(pair.Key, pair.Value?.DeepClone()));
        return JsonNode.Parse(WireJson.Write(new JsonObject(sorted)))!.AsObject();
    }

    /// <returns>The budget.</returns>
    static int Check(EvaluationMethod method, JsonObject request, ModuleLibrary catalog)
    {
        var (input, errors) = PredictionPlanner.Check(request, catalog);
        if (errors is [var error, ..])
        {
            throw new EvaluationException($"method `{method.Name}`: {error.Field}: {error.Message}");
        }

        // The table's head, its zero-shot column and the results' keys are about one base model.
        if (input!.Modules is [var named, ..] && ModuleReference.Parse(named) is { } reference
            && catalog.Find(reference) is { BaseModel: var baseModel } && baseModel != catalog.DefaultBaseModel)
        {
            throw new EvaluationException($"method `{method.Name}`: `{reference.Id}` is for the base model `{baseModel}`, "
                + $"but this evaluation is of `{catalog.DefaultBaseModel}`; use --base {baseModel}.");
        }

        return input.Budget;
    }
}
