using LoraHub.Core.Predictions.Inputs;
using LoraHub.Modules.Library;
using LoraHub.Modules.Ranking;
using LoraHub.Modules.Versions;

namespace LoraHub.Inference.Adaptation;

/// <summary>Selects the modules that a prediction composes.</summary>
static class ModuleSelector
{
    /// <summary>
    /// Returns the modules that the input names, in its order, or selects modules from the pool: a random draw in the order of ids, the most
    /// similar ones first, or all. For <see cref="ModuleSelection.Probe"/> it returns all as candidates, the most similar ones first.
    /// </summary>
    /// <param name="seed">The seed of the draw: the same seed and pool give the same modules.</param>
    /// <returns>The modules and no errors, or no modules and the errors of the input.</returns>
    public static (IReadOnlyList<ModuleVersion> Modules, IReadOnlyList<InputError> Errors) Select(
        PredictionInput input, ModuleLibrary catalog, long seed)
    {
        var known = catalog.List();
        return input.Modules is { } names
            ? Find(names, known, catalog, input)
            : FromPool(Pool(known, catalog.DefaultBaseModel, input.Composition), input, seed);
    }

    static (IReadOnlyList<ModuleVersion> Modules, IReadOnlyList<InputError> Errors) FromPool(ModuleVersion[] pool, PredictionInput input, long seed)
    {
        var isCounted = input.ModuleSelection is ModuleSelection.Random or ModuleSelection.Similar;
        var least = isCounted ? input.RandomModules : 1;
        if (least > pool.Length)
        {
            var message = isCounted
                ? $"{least} modules were asked for, but the pool holds {pool.Length} that can be composed; ask for at most {pool.Length}."
                : "The pool holds no module that can be composed; put one into the models folder.";
            return ([], [isCounted
                ? new InputError(InputSchema.NumRandomLoraModules, message, InputErrorKind.TooLarge)
                : new InputError(InputSchema.ModuleSelection, message, InputErrorKind.Invalid)]);
        }

        return (input.ModuleSelection switch
        {
            ModuleSelection.All => pool,
            ModuleSelection.Probe => Similar(pool, input),
            ModuleSelection.Similar => [.. Similar(pool, input).Take(input.RandomModules)],
            _ => Random(pool, input.RandomModules, seed),
        }, []);
    }

    static IReadOnlyList<ModuleVersion> Similar(ModuleVersion[] pool, PredictionInput input) =>
        [.. ModuleRanking.Rank(input.ExampleInputs, input.ExampleOutputs, pool).Select(ranked => ranked.Module)];

    static IReadOnlyList<ModuleVersion> Random(ModuleVersion[] pool, int count, long seed)
    {
        // A seeded Random yields the same numbers on every machine and .NET version. The draw uses both halves of the seed.
        var drawn = pool.ToArray();
        new Random(unchecked((int)seed ^ (int)(seed >> 32))).Shuffle(drawn);
        return [.. drawn.Take(count).OrderBy(module => module.Id, StringComparer.Ordinal)];
    }

    /// <summary>Returns the modules that can be composed: under <see cref="Composition.Factors"/> only those of the most common layout.</summary>
    static ModuleVersion[] Pool(IReadOnlyList<ModuleVersion> known, string baseModel, Composition composition)
    {
        var usable = known.Where(module => module.Problem is null && module.BaseModel == baseModel);

        if (composition == Composition.Delta)
        {
            return [.. usable];
        }

        var layouts = usable.GroupBy(module => module.Layout);
        return layouts.MaxBy(layout => layout.Count())?.ToArray() ?? []; // the first one in the list on a tie
    }

    static (IReadOnlyList<ModuleVersion> Modules, IReadOnlyList<InputError> Errors) Find(
        IReadOnlyList<string> names, IReadOnlyList<ModuleVersion> known, ModuleLibrary catalog, PredictionInput input)
    {
        var field = input.Weights is null ? InputSchema.LoraModulesSpecified : InputSchema.ModuleWeights;
        var byId = known.ToDictionary(module => module.Id, StringComparer.Ordinal);
        var modules = new List<ModuleVersion>();
        foreach (var name in names)
        {
            var pinned = ModuleReference.Parse(name) is { Digest: not null } reference ? reference : null;
            if ((pinned is null ? byId.GetValueOrDefault(name) : catalog.Find(pinned)) is not { } module)
            {
                if (pinned is not null && byId.ContainsKey(pinned.Id))
                {
                    var error = $"`{pinned.Id}` has no version, or several, whose digest begins with {pinned.Digest}.";
                    return ([], [new InputError(field, error, InputErrorKind.Invalid)]);
                }

                var closest = Spelling.Closest(name, byId.Keys);
                var hint = closest.Count == 0 ? "" : $" Did you mean {string.Join(" or ", closest.Select(id => $"`{id}`"))}?";
                return ([], [new InputError(field, $"`{name}` is not recognized.{hint}", InputErrorKind.Invalid)]);
            }

            if (module.Problem is { } problem)
            {
                return ([], [new InputError(field, $"`{name}` cannot be used: {problem}", InputErrorKind.Invalid)]);
            }

            modules.Add(module);
        }

        return Mismatch(modules, input.Composition) is { } message
            ? ([], [new InputError(field, message, InputErrorKind.Invalid)])
            : (modules, []);
    }

    static string? Mismatch(List<ModuleVersion> modules, Composition composition)
    {
        var first = modules[0];
        if (modules.Find(module => module.BaseModel != first.BaseModel) is { } stranger)
        {
            return $"`{first.Id}` is for the base model `{first.BaseModel}`, `{stranger.Id}` for `{stranger.BaseModel}`; "
                + "name modules of one base model.";
        }

        if (composition == Composition.Factors && modules.Find(module => module.Layout != first.Layout) is { } other)
        {
            return $"`{first.Id}` (r {first.Rank}) and `{other.Id}` (r {other.Rank}) differ in rank or targets, so their factors cannot be summed; "
                + "name modules of one shape, or ask for composition: delta.";
        }

        return null;
    }
}
