using System.Text.Json;
using System.Text.Json.Nodes;

namespace LoraHub.Core.Predictions.Inputs;

/// <summary>Reads <c>module_weights</c>: an object of numbers by module, or the list that is a prediction's <c>output.weights</c>.</summary>
/// <param name="fail">Reports an error of the field.</param>
sealed class WeightsReader(Action<string, InputErrorKind> fail)
{
    const string Module = "module", WeightKey = "weight", Digest = "digest", CompositionKey = "composition";

    const string Rule =
        """Give a JSON object of numbers, for example {"lorahub/t5_mini-plurals": 0.5}, or the list `output.weights` of a prediction.""";

    /// <returns>Null after an error.</returns>
    public IReadOnlyList<ModuleWeight>? Read(JsonNode value)
    {
        List<ModuleWeight> weights = value switch
        {
            JsonObject { Count: > 0 } byModule => [.. byModule.Select(pair => new ModuleWeight(pair.Key.Trim(), Number(pair.Key, pair.Value)))],
            JsonArray { Count: > 0 } list => ReadList(list),
            _ => [],
        };
        if (weights.Count == 0)
        {
            fail(Rule, InputErrorKind.WrongType);
            return null;
        }

        if (weights.GroupBy(weight => weight.Module, StringComparer.Ordinal).FirstOrDefault(group => group.Count() > 1) is { } twice)
        {
            fail($"`{twice.Key}` is named twice; name each module once.", InputErrorKind.Invalid);
        }

        return weights;
    }

    /// <returns>Empty when an entry is not one of <c>output.weights</c>.</returns>
    List<ModuleWeight> ReadList(JsonArray list)
    {
        var weights = new List<ModuleWeight>(list.Count);
        foreach (var item in list)
        {
            if (item is not JsonObject entry
                || Text(entry, Module) is not { } module
                || !entry.ContainsKey(WeightKey)
                || (entry.ContainsKey(CompositionKey) && !Enum.GetValues<Composition>().Any(known => known.Word() == Text(entry, CompositionKey))))
            {
                return [];
            }

            var pinned = Text(entry, Digest) is { } digest && !module.Contains('@', StringComparison.Ordinal) ? $"{module}@{digest}" : module;
            weights.Add(new ModuleWeight(pinned.Trim(), Number(module, entry[WeightKey])) { Composition = Text(entry, CompositionKey) });
        }

        return weights;
    }

    static string? Text(JsonObject entry, string key) =>
        entry[key] is { } value && value.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : null;

    double Number(string module, JsonNode? value)
    {
        if (value?.GetValueKind() == JsonValueKind.Number && value.AsValue().TryGetValue<double>(out var weight) && double.IsFinite(weight))
        {
            return weight;
        }

        fail($"The weight of `{module}` is {FieldReader.Quote(value)}; it must be a finite number.", InputErrorKind.WrongType);
        return 0;
    }
}
