using System.Text.Json.Nodes;

namespace LoraHub.Core.Predictions.Inputs;

/// <summary>Parses a request's JSON into a <see cref="PredictionInput"/>, or reports all of its errors.</summary>
public static class InputParser
{
    /// <summary>Checks everything that depends on the input alone; the module selection checks the modules.</summary>
    /// <returns>The input and no errors, or null and at least one error, ordered by field name.</returns>
    public static (PredictionInput? Input, IReadOnlyList<InputError> Errors) Parse(JsonObject given)
    {
        var reader = new FieldReader(given);
        reader.Preset(Methods.Presets(reader.Text(InputSchema.Method)));
        var input = Read(reader);

        return reader.Errors.Count == 0
            ? (input, [])
            : (null, [.. reader.Errors.OrderBy(error => error.Field, StringComparer.Ordinal)]);
    }

    static PredictionInput Read(FieldReader reader)
    {
        var (modules, weights) = ReadModules(reader);
        var input = new PredictionInput
        {
            ExampleInputs = reader.Lines(InputSchema.ExampleInputs) ?? [],
            ExampleOutputs = reader.Lines(InputSchema.ExampleOutputs) ?? [],
            HasOwnExamples = reader.IsGiven(InputSchema.ExampleInputs),
            Modules = modules,
            Weights = weights,
            RandomModules = (int)(reader.Integer(InputSchema.NumRandomLoraModules) ?? 0),
            Budget = (int)(reader.Integer(InputSchema.MaxInferenceStep) ?? 0),
            Seed = reader.Integer(InputSchema.Seed),
            TestInputs = reader.Lines(InputSchema.TestInputs) ?? [],
            TestOutputs = reader.Lines(InputSchema.TestOutputs),
            Composition = reader.Text(InputSchema.Composition) == "delta" ? Composition.Delta : Composition.Factors,
            Objective = reader.Text(InputSchema.Objective) == "token_loss" ? Objective.TokenLoss : Objective.Reference,
            ModuleSelection = ReadSelection(reader.Text(InputSchema.ModuleSelection)),
            Optimizer = reader.Text(InputSchema.Optimizer) ?? "",
            OutputFormat = reader.Text(InputSchema.OutputFormat) == "checkpoint" ? OutputFormat.Checkpoint : OutputFormat.Adapter,
            MaxNewTokens = (int)(reader.Integer(InputSchema.MaxNewTokens) ?? 0),
            Controls = reader.Boolean(InputSchema.Controls),
        };
        CheckCounts(reader, input);
        return input;
    }

    static ModuleSelection ReadSelection(string? word) => word switch
    {
        "all" => ModuleSelection.All,
        "similar" => ModuleSelection.Similar,
        "probe" => ModuleSelection.Probe,
        _ => ModuleSelection.Random,
    };

    static void CheckCounts(FieldReader reader, PredictionInput input)
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
                + $"{input.ExampleOutputs.Count} example_outputs; give one output for each input.");
        }

        if (input.TestOutputs is { } outputs && outputs.Count != input.TestInputs.Count)
        {
            reader.Fail(
                InputSchema.TestOutputs,
                $"Number of input and output do not match: {input.TestInputs.Count} test_inputs, "
                + $"{outputs.Count} test_outputs; give one output for each input, or none.");
        }
    }

    static (IReadOnlyList<string>? Modules, IReadOnlyList<double>? Weights) ReadModules(FieldReader reader)
    {
        var named = reader.Text(InputSchema.LoraModulesSpecified);
        var weights = reader.Weights(InputSchema.ModuleWeights);
        if (weights is not null)
        {
            if (!string.IsNullOrWhiteSpace(named))
            {
                reader.Fail(InputSchema.ModuleWeights, "module_weights already names the modules; leave lora_modules_specified out.");
            }

            return ([.. weights.Select(weight => weight.Module)], [.. weights.Select(weight => weight.Weight)]);
        }

        // Empty text counts as omitted, as in the reference's form.
        return string.IsNullOrWhiteSpace(named) ? (null, null) : (ReadNames(reader, named), null);
    }

    static List<string> ReadNames(FieldReader reader, string named)
    {
        var names = new List<string>();
        var known = new HashSet<string>(StringComparer.Ordinal);
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
