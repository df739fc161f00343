using System.Text.Json.Nodes;
using LoraHub.Core;
using LoraHub.Core.Predictions;
using LoraHub.Core.Predictions.Inputs;
using LoraHub.Modules.Library;

namespace LoraHub.Inference.Adaptation;

/// <summary>Creates plans: validates the input, draws the seed if the input has none, and pins the modules' versions.</summary>
public static class PredictionPlanner
{
    /// <param name="given">A request's inputs.</param>
    /// <param name="catalog">The current modules. Modules without a record are read once, and again when they change.</param>
    /// <returns>The plan and no errors, or null and at least one error, in the order of the fields' names.</returns>
    public static (CompositionPlan? Plan, IReadOnlyList<InputError> Errors) Plan(JsonObject given, ModuleLibrary catalog)
    {
        var (input, errors) = InputParser.Parse(given);
        return input is null ? (null, errors) : Plan(input, catalog);
    }

    /// <inheritdoc cref="Plan(JsonObject, ModuleLibrary)"/>
    public static (CompositionPlan? Plan, IReadOnlyList<InputError> Errors) Plan(PredictionInput input, ModuleLibrary catalog)
    {
        var seed = input.Seed ?? NewSeed();
        if (input.Adapter is not null)
        {
            return Check(input) is { } unknown ? (null, [unknown]) : (new CompositionPlan(input, seed, []), []);
        }

        var (modules, errors) = ModuleSelector.Select(input, catalog, seed);
        if (errors.Count > 0)
        {
            return (null, errors);
        }

        var uses = new List<ModuleUse>(modules.Count);
        foreach (var module in modules)
        {
            if (catalog.DigestOf(module) is not { } digest)
            {
                var error = $"`{module.Id}` cannot be used: its files cannot be read.";
                return (null, [new InputError(input.ModulesField, error, InputErrorKind.Invalid)]);
            }

            uses.Add(new ModuleUse(module.Id, digest));
        }

        return (new CompositionPlan(input, seed, uses), []);
    }

    /// <summary>Draws a seed for a request without one.</summary>
    public static long NewSeed() => Random.Shared.NextInt64(uint.MaxValue);

    /// <summary>Whether a request could be planned now; draws and ranks nothing, and reads no module's numbers.</summary>
    /// <returns>The parsed input and no errors, or null and at least one error.</returns>
    public static (PredictionInput? Input, IReadOnlyList<InputError> Errors) Check(JsonObject given, ModuleLibrary catalog)
    {
        var (input, errors) = InputParser.Parse(given);
        return input is null ? (null, errors)
            : (input.Adapter is null ? ModuleSelector.Check(input, catalog) : Check(input)) is { } error ? (null, [error])
            : (input, []);
    }

    /// <summary>A service has replaced the adapter by the digest of its file.</summary>
    static InputError? Check(PredictionInput input) => Digest.IsValid(input.Adapter!) ? null : new InputError(
        InputSchema.Adapter,
        "It is not a module; name it as owner/name. Predictions and URLs of results are known only to the service that made them.",
        InputErrorKind.Invalid);
}
