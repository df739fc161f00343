using LoraHub.Core.Predictions.Inputs;

namespace LoraHub.Web.Playground;

/// <summary>The composer's inputs besides examples and method, in groups that belong together.</summary>
static class InputGroups
{
    static readonly string[] ShownBefore =
        [InputSchema.ExampleInputs, InputSchema.ExampleOutputs, InputSchema.TestInputs, InputSchema.TestOutputs, InputSchema.Method];

    static readonly (string Title, string Words, string[] Names)[] Named =
    [
        (
            "Modules",
            "What is composed. Leave all of it empty to let the method choose.",
            [
                InputSchema.ModuleSelection, InputSchema.NumRandomLoraModules, InputSchema.LoraModulesSpecified, InputSchema.ModuleWeights,
                InputSchema.Adapter,
            ]),
        (
            "Search",
            "How the weights are found, and how long the composed adapter is tuned afterwards.",
            [
                InputSchema.MaxInferenceStep, InputSchema.Optimizer, InputSchema.Composition, InputSchema.Objective, InputSchema.TuningSteps,
                InputSchema.Seed,
            ]),
        ("Result", "What comes out.", [InputSchema.Controls, InputSchema.MaxNewTokens, InputSchema.OutputFormat]),
    ];

    /// <summary>Every other input is in one group: the last one has those that no group names.</summary>
    public static IReadOnlyList<(string Title, string Words, IReadOnlyList<InputField> Fields)> All { get; } =
    [
        .. Named.Select(group => (group.Title, group.Words, Fields(group.Names))),
        .. Rest() is { Count: > 0 } rest ? [("More", "", rest)] : Array.Empty<(string, string, IReadOnlyList<InputField>)>(),
    ];

    static IReadOnlyList<InputField> Fields(string[] names) => [.. names.Select(name => InputSchema.Fields.First(field => field.Name == name))];

    static IReadOnlyList<InputField> Rest()
    {
        var named = Named.SelectMany(group => group.Names).Concat(ShownBefore).ToHashSet(StringComparer.Ordinal);
        return [.. InputSchema.Fields.Where(field => !named.Contains(field.Name))];
    }
}
