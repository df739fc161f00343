using System.Text.Json.Nodes;

namespace LoraHub.Core.Predictions.Inputs;

/// <summary>Parses a request's JSON into a <see cref="PredictionInput"/>, or reports all of its errors.</summary>
public static class InputParser
{
    /// <summary>The most modules that one input names.</summary>
    const int MostModules = 10_000;

    /// <summary>Checks everything that depends on the input alone; the module selection checks the modules.</summary>
    /// <param name="mostLines">The most examples and test inputs together.</param>
    /// <returns>The input and no errors, or null and at least one error, ordered by field name.</returns>
    public static (PredictionInput? Input, IReadOnlyList<InputError> Errors) Parse(JsonObject given, int mostLines = int.MaxValue)
    {
        var reader = new FieldReader(InputSchema.Fields, given, mostLines);
        reader.Preset(Methods.Presets(reader.Text(InputSchema.Method)));
        var input = Read(reader, mostLines);

        return reader.Errors.Count == 0
            ? (input, [])
            : (null, [.. reader.Errors.OrderBy(error => error.Field, StringComparer.Ordinal)]);
    }

    const string IfTheyAreLists =
        " (a text that is one JSON array is one line for each of its strings; for answers that are lists give an array of strings)";

    /// <summary>Why a prediction with more lines is refused.</summary>
    internal static string TooManyLines(int most) =>
        $"A prediction may have at most {most} examples and test inputs together ({LimitsOptions.Section}:{nameof(LimitsOptions.InputLines)}).";

    static PredictionInput Read(FieldReader reader, int mostLines)
    {
        var weights = reader.Weights(InputSchema.ModuleWeights);
        var (adapter, module) = ReadAdapter(reader);
        weights ??= module;
        var examples = reader.Lines(InputSchema.ExampleInputs, InputSchema.ExampleOutputs);
        var tests = reader.Lines(InputSchema.TestInputs, InputSchema.TestOutputs);
        var input = new PredictionInput
        {
            ExampleInputs = examples.Inputs ?? [],
            ExampleOutputs = examples.Outputs ?? [],
            HasOwnExamples = reader.IsGiven(InputSchema.ExampleInputs),
            Modules = ReadModules(reader, weights),
            Weights = adapter is null ? weights?.Select(weight => weight.Weight).ToArray() : [1],
            RandomModules = (int)(reader.Integer(InputSchema.NumRandomLoraModules) ?? 0),
            Budget = (int)(reader.Integer(InputSchema.MaxInferenceStep) ?? 0),
            Seed = reader.Integer(InputSchema.Seed),
            TestInputs = tests.Inputs ?? [],
            TestOutputs = tests.Outputs,
            Composition = ReadComposition(reader, weights),
            Objective = reader.Text(InputSchema.Objective) == "token_loss" ? Objective.TokenLoss : Objective.Reference,
            ModuleSelection = ReadSelection(reader.Text(InputSchema.ModuleSelection)),
            Optimizer = reader.Text(InputSchema.Optimizer) ?? "",
            TuningSteps = (int)(reader.Integer(InputSchema.TuningSteps) ?? 0),
            OutputFormat = reader.Text(InputSchema.OutputFormat) == "checkpoint" ? OutputFormat.Checkpoint : OutputFormat.Adapter,
            MaxNewTokens = (int)(reader.Integer(InputSchema.MaxNewTokens) ?? 0),
            Controls = reader.Boolean(InputSchema.Controls),
            Adapter = adapter,
            IsAdapterModule = module is not null,
        };
        CheckCounts(reader, input, mostLines);
        CheckTuning(reader, input);
        return input;
    }

    static void CheckTuning(FieldReader reader, PredictionInput input)
    {
        if (input.TuningSteps <= 0 || reader.Failed(InputSchema.TuningSteps, InputSchema.Composition))
        {
            return;
        }

        if (input.Weights is not null)
        {
            var given = reader.IsGiven(InputSchema.Adapter) ? InputSchema.Adapter : InputSchema.ModuleWeights;
            reader.Fail(
                InputSchema.TuningSteps,
                $"With {given} nothing is searched, so nothing is tuned; leave out {TuningField(reader)}. To tune it, train a version from it.");
        }
        else if (input.Composition == Composition.Factors)
        {
            reader.Fail(
                InputSchema.TuningSteps,
                $"Only the composition delta can be tuned; set {InputSchema.Composition} to delta, or leave out {TuningField(reader)}.");
        }
    }

    /// <summary>The input that asked for the tuning.</summary>
    static string TuningField(FieldReader reader) =>
        reader.IsGiven(InputSchema.TuningSteps) ? InputSchema.TuningSteps : $"{InputSchema.Method} (or set {InputSchema.TuningSteps} to 0)";

    /// <summary>An adapter that is a module is a composition of it alone.</summary>
    static (string? Adapter, IReadOnlyList<ModuleWeight>? Module) ReadAdapter(FieldReader reader)
    {
        if (reader.Text(InputSchema.Adapter)?.Trim() is not { Length: > 0 } given)
        {
            return (null, null);
        }

        foreach (var other in new[] { InputSchema.ModuleWeights, InputSchema.LoraModulesSpecified }.Where(reader.IsGiven))
        {
            reader.Fail(InputSchema.Adapter, $"An adapter is composed already; leave {other} out.");
            return (null, null);
        }

        var isModule = given.Contains('/', StringComparison.Ordinal) && !given.Contains("://", StringComparison.Ordinal);
        return isModule ? (null, [new ModuleWeight(given, 1)]) : (given, null);
    }

    /// <summary>The weights of a prediction's output bring their composition along, unless the request names another.</summary>
    static Composition ReadComposition(FieldReader reader, IReadOnlyList<ModuleWeight>? weights)
    {
        var named = reader.Text(InputSchema.Composition);
        var found = weights?.Select(weight => weight.Composition).FirstOrDefault(one => one is not null);
        var word = reader.IsGiven(InputSchema.Composition) ? named : found ?? named;
        return word == Composition.Delta.Word() ? Composition.Delta : Composition.Factors;
    }

    static ModuleSelection ReadSelection(string? word) => word switch
    {
        "all" => ModuleSelection.All,
        "similar" => ModuleSelection.Similar,
        "probe" => ModuleSelection.Probe,
        "slopes" => ModuleSelection.Slopes,
        _ => ModuleSelection.Random,
    };

    static void CheckCounts(FieldReader reader, PredictionInput input, int mostLines)
    {
        if (reader.Failed(InputSchema.ExampleInputs, InputSchema.ExampleOutputs, InputSchema.TestInputs, InputSchema.TestOutputs))
        {
            return;
        }

        if (input.ExampleInputs.Count == 0)
        {
            reader.Fail(InputSchema.ExampleInputs, "There is no example; give at least one line.", InputErrorKind.Required);
        }
        else if (input.ExampleInputs.Count != input.ExampleOutputs.Count)
        {
            reader.Fail(
                InputSchema.ExampleOutputs,
                $"Number of input and output do not match: {input.ExampleInputs.Count} example_inputs, "
                + $"{input.ExampleOutputs.Count} example_outputs; give one output for each input{IfTheyAreLists}.");
        }

        if (input.TestOutputs is { } outputs && outputs.Count != input.TestInputs.Count)
        {
            reader.Fail(
                InputSchema.TestOutputs,
                $"Number of input and output do not match: {input.TestInputs.Count} test_inputs, "
                + $"{outputs.Count} test_outputs; give one output for each input, or none{IfTheyAreLists}.");
        }

        if ((long)input.ExampleInputs.Count + input.TestInputs.Count > mostLines)
        {
            reader.Fail(InputSchema.TestInputs, TooManyLines(mostLines));
        }
    }

    static List<string>? ReadModules(FieldReader reader, IReadOnlyList<ModuleWeight>? weights)
    {
        var named = reader.Text(InputSchema.LoraModulesSpecified);
        if (weights is null)
        {
            return string.IsNullOrWhiteSpace(named) ? null : ReadNames(reader, named); // empty text counts as omitted, as in the reference's form
        }

        if (!string.IsNullOrWhiteSpace(named))
        {
            reader.Fail(InputSchema.ModuleWeights, "module_weights already names the modules; leave lora_modules_specified out.");
        }

        return [.. weights.Select(weight => weight.Module)];
    }

    static List<string> ReadNames(FieldReader reader, string named)
    {
        var names = new List<string>();
        var known = new HashSet<string>(StringComparer.Ordinal);
        if (named.AsSpan().Count(',') >= MostModules)
        {
            reader.Fail(InputSchema.LoraModulesSpecified, $"The list has more than {MostModules} names; name fewer modules.");
            return names;
        }

        foreach (var name in named.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (!known.Add(name))
            {
                reader.Fail(InputSchema.LoraModulesSpecified, $"`{name}` is named twice; name each module once.");
                return names;
            }

            names.Add(name);
        }

        if (names.Count == 0)
        {
            reader.Fail(InputSchema.LoraModulesSpecified, "The list contains no module name.");
        }

        return names;
    }
}
