using System.Text.Json.Nodes;
using LoraHub.Api.Http;
using LoraHub.Core.Modules;
using LoraHub.Core.Predictions.Inputs;

namespace LoraHub.Api.Evaluation;

/// <summary>One prediction of an evaluation.</summary>
/// <param name="Seed">Null where nothing is drawn.</param>
/// <param name="Inputs">Beside the task's texts and the seed, in the order of their names.</param>
/// <param name="Budget">The most evaluations that its search may take.</param>
sealed record PlannedPrediction(EvaluationTask Task, EvaluationMethod Method, long? Seed, JsonObject Inputs, int Budget)
{
    public ResultKey Key(EvaluationSetting setting) =>
        new(Task.Digest, Task.Tests.Count, Inputs.ToJsonString(), Seed, setting.BaseModel, setting.BaseDigest, setting.PoolDigest);

    /// <summary>The whole request, as a client would send it.</summary>
    public JsonObject Request() => EvaluationPlan.Request(Task, Seed, Inputs);
}

/// <summary>Every prediction that an evaluation consists of, checked before the first one runs.</summary>
/// <param name="Draws">The file that gives each seed its modules, or null where the service draws.</param>
sealed record EvaluationPlan(
    IReadOnlyList<EvaluationTask> Tasks, IReadOnlyList<EvaluationMethod> Methods, IReadOnlyList<long> Seeds, string? Draws, IReadOnlyList<PlannedPrediction> Predictions)
{
    /// <param name="common">Inputs that every method has unless it says otherwise.</param>
    /// <param name="draws">For the methods that draw at random, or null to let the service draw.</param>
    /// <exception cref="EvaluationException">A method's inputs are not right, or do not go with what is here.</exception>
    public static EvaluationPlan Create(
        IReadOnlyList<EvaluationTask> tasks, IReadOnlyList<EvaluationMethod> methods, IReadOnlyList<long> seeds, JsonObject common, ModuleDraws? draws, IModuleCatalog catalog)
    {
        if (methods.CountBy(method => method.Name, StringComparer.Ordinal).FirstOrDefault(name => name.Value > 1).Key is { } twice)
        {
            throw new EvaluationException($"The method `{twice}` is given twice; give each once.");
        }

        var ways = new List<(EvaluationMethod Method, long? Seed, JsonObject Inputs, int Budget)>();
        foreach (var method in methods)
        {
            foreach (var seed in method.IsZeroShot ? [null] : seeds.Cast<long?>())
            {
                var inputs = InputsOf(method, seed, common, draws, catalog);
                ways.Add((method, seed, inputs, Check(method, Request(tasks[0], seed, inputs), catalog)));
            }
        }

        return new EvaluationPlan(
            tasks, methods, seeds, draws?.File, [.. tasks.SelectMany(task => ways.Select(way => new PlannedPrediction(task, way.Method, way.Seed, way.Inputs, way.Budget)))]);
    }

    /// <summary>What has not succeeded yet; of predictions that cannot differ, the first.</summary>
    public IReadOnlyList<PlannedPrediction> Left(EvaluationSetting setting, EvaluationResults results) =>
        [.. Predictions.DistinctBy(planned => planned.Key(setting)).Where(planned => results.Find(planned.Key(setting)) is not { Error: null })];

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

    static JsonObject InputsOf(EvaluationMethod method, long? seed, JsonObject common, ModuleDraws? draws, IModuleCatalog catalog)
    {
        if (method.IsZeroShot)
        {
            return Normal(ZeroShot(common, catalog));
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

        return Normal(inputs);
    }

    /// <summary>The least that a prediction can be: one module, with the weight 0.</summary>
    static JsonObject ZeroShot(JsonObject common, IModuleCatalog catalog)
    {
        var module = EvaluationSetting.Usable(catalog).FirstOrDefault()
            ?? throw new EvaluationException($"There is no module of the base model `{catalog.DefaultBaseModel}`; zero-shot, too, asks through one, with the weight 0.");
        var inputs = new JsonObject { [InputSchema.ModuleWeights] = new JsonObject { [module.Id] = 0 } };
        if (common[InputSchema.MaxNewTokens] is { } longest)
        {
            inputs[InputSchema.MaxNewTokens] = longest.DeepClone();
        }

        return inputs;
    }

    /// <summary>Whether the modules are left to chance: neither named, nor weighted, nor chosen in another way.</summary>
    static bool DrawsAtRandom(JsonObject inputs) =>
        inputs[InputSchema.LoraModulesSpecified] is null
        && inputs[InputSchema.ModuleWeights] is null
        && IsLeftOr(inputs, InputSchema.ModuleSelection, "random")
        && IsLeftOr(inputs, InputSchema.Method, Core.Predictions.Inputs.Methods.Default);

    /// <summary>Whether the input is left out, or is this text.</summary>
    static bool IsLeftOr(JsonObject inputs, string name, string text) =>
        inputs[name] is not { } given || (given is JsonValue value && value.TryGetValue<string>(out var word) && word == text);

    /// <summary>In the order of their names, and as they are read again from what was written: a number has one spelling.</summary>
    static JsonObject Normal(JsonObject inputs) => JsonNode.Parse(WireJson.Write(
        new JsonObject(inputs.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => KeyValuePair.Create(pair.Key, pair.Value?.DeepClone())))))!.AsObject();

    /// <returns>The budget.</returns>
    static int Check(EvaluationMethod method, JsonObject request, IModuleCatalog catalog)
    {
        var (input, errors) = InputParser.Parse(request);
        errors = input is null ? errors : ModuleDraw.Draw(input, catalog, input.Seed ?? 0).Errors;
        return errors is [var error, ..]
            ? throw new EvaluationException($"method `{method.Name}`: {error.Field}: {error.Message}")
            : input!.Budget;
    }
}
