using System.Collections.Frozen;
using LoraHub.Core.Optimization;

namespace LoraHub.Core.Predictions.Inputs;

/// <summary>Presets: each sets some inputs that a request leaves out. What a request gives wins.</summary>
public static class Methods
{
    /// <summary>The reference, exactly: the fields' own defaults.</summary>
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

    /// <summary>What the method sets, by the inputs' names; nothing for a name that is none.</summary>
    public static IReadOnlyDictionary<string, string> Presets(string? method) => Known.GetValueOrDefault(method ?? "") ?? Known[Default];

    /// <summary>Whether some method sets the input.</summary>
    public static bool Sets(string input) => Known.Values.Any(presets => presets.ContainsKey(input));
}
