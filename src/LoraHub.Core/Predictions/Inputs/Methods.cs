using System.Collections.Frozen;
using LoraHub.Core.Optimization;

namespace LoraHub.Core.Predictions.Inputs;

/// <summary>Presets: each sets some inputs that a request omits. Inputs in the request take precedence.</summary>
public static class Methods
{
    /// <summary>Exactly the reference: the fields' own defaults.</summary>
    public const string Default = "lorahub";

    static readonly FrozenDictionary<string, FrozenDictionary<string, string>> Known = new Dictionary<string, FrozenDictionary<string, string>>
    {
        [Default] = FrozenDictionary<string, string>.Empty,
        ["best"] = new Dictionary<string, string>
        {
            [InputSchema.Composition] = "delta",
            [InputSchema.ModuleSelection] = "probe",
            [InputSchema.Optimizer] = Optimizers.ProbeCobylaWide,
        }.ToFrozenDictionary(),
    }.ToFrozenDictionary();

    public static IReadOnlyCollection<string> Names { get; } = [Default, "best"];

    /// <summary>The values that the method sets, by input name; empty for an unknown method.</summary>
    public static IReadOnlyDictionary<string, string> Presets(string? method) => Known.GetValueOrDefault(method ?? "") ?? Known[Default];

    /// <summary>Whether any method sets the input.</summary>
    public static bool Sets(string input) => Known.Values.Any(presets => presets.ContainsKey(input));
}
