using System.Collections.Frozen;
using System.Text.Json.Nodes;
using LoraHub.Core.Optimization;

namespace LoraHub.Core.Predictions.Inputs;

/// <summary>Presets: each sets some inputs that a request omits. Inputs in the request take precedence.</summary>
public static class Methods
{
    /// <summary>Exactly the reference: the fields' own defaults.</summary>
    public const string Default = "lorahub";

    /// <summary>The steps of <c>tuned</c>; chosen on the even-numbered tasks of bench/tasks (docs/methods.md).</summary>
    const int TunedSteps = 10;

    static readonly FrozenDictionary<string, JsonNode> Best = new Dictionary<string, JsonNode>
    {
        [InputSchema.Composition] = "delta",
        [InputSchema.ModuleSelection] = "probe",
        [InputSchema.Optimizer] = Optimizers.ProbeCobylaWide,
    }.ToFrozenDictionary();

    static readonly FrozenDictionary<string, FrozenDictionary<string, JsonNode>> Known = new Dictionary<string, FrozenDictionary<string, JsonNode>>
    {
        [Default] = FrozenDictionary<string, JsonNode>.Empty,
        ["best"] = Best,
        ["tuned"] = Best.Append(KeyValuePair.Create<string, JsonNode>(InputSchema.TuningSteps, TunedSteps)).ToFrozenDictionary(),
    }.ToFrozenDictionary();

    public static IReadOnlyCollection<string> Names { get; } = [Default, "best", "tuned"];

    /// <summary>The values that the method sets, by input name; empty for an unknown method. They are shared: not to be changed.</summary>
    public static IReadOnlyDictionary<string, JsonNode> Presets(string? method) => Known.GetValueOrDefault(method ?? "") ?? Known[Default];

    /// <summary>Whether any method sets the input.</summary>
    public static bool Sets(string input) => Known.Values.Any(presets => presets.ContainsKey(input));
}
