using LoraHub.Core.Predictions.Inputs;

namespace LoraHub.Core.Modules;

/// <summary>Settles which modules a prediction composes.</summary>
public static class ModuleDraw
{
    /// <summary>
    /// The modules the input names, in its order; or those that its selection takes from the pool: as many as it asks for, drawn, in the order of their ids, or the
    /// most similar ones first, or all. For <see cref="ModuleSelection.Probe"/> all are candidates, the most similar ones first, of which the examples keep some.
    /// </summary>
    /// <param name="seed">Decides the draw and nothing else: the same seed and pool give the same modules.</param>
    /// <returns>The modules and no errors, or no modules and what is wrong with the input.</returns>
    public static (IReadOnlyList<ModuleInfo> Modules, IReadOnlyList<InputError> Errors) Draw(PredictionInput input, IModuleCatalog catalog, long seed)
    {
        var known = catalog.List();
        return input.Modules is { } names
            ? Find(names, known, catalog, input)
            : Select(Pool(known, catalog.DefaultBaseModel, input.Composition), input, seed);
    }

    static (IReadOnlyList<ModuleInfo> Modules, IReadOnlyList<InputError> Errors) Select(ModuleInfo[] pool, PredictionInput input, long seed)
    {
        var isCounted = input.ModuleSelection is ModuleSelection.Random or ModuleSelection.Similar;
        var least = isCounted ? input.RandomModules : 1;
        if (least > pool.Length)
        {
            var message = isCounted
                ? $"{least} modules were asked for, but the pool holds {pool.Length} that can be composed; ask for at most {pool.Length}."
                : "The pool holds no module that can be composed; put one into the models folder.";
            return ([], [new InputError(isCounted ? InputSchema.NumRandomLoraModules : InputSchema.ModuleSelection, message, isCounted ? InputErrorKind.TooLarge : InputErrorKind.Invalid)]);
        }

        return (input.ModuleSelection switch
        {
            ModuleSelection.All => pool,
            ModuleSelection.Probe => Similar(pool, input),
            ModuleSelection.Similar => [.. Similar(pool, input).Take(input.RandomModules)],
            _ => Random(pool, input.RandomModules, seed),
        }, []);
    }

    static IReadOnlyList<ModuleInfo> Similar(ModuleInfo[] pool, PredictionInput input) =>
        [.. ModuleRanking.Rank(input.ExampleInputs, input.ExampleOutputs, pool).Select(ranked => ranked.Module)];

    static IReadOnlyList<ModuleInfo> Random(ModuleInfo[] pool, int count, long seed)
    {
        // A seeded Random keeps its numbers across machines and .NET versions; both halves of the seed count.
        var drawn = pool.ToArray();
        new Random(unchecked((int)seed ^ (int)(seed >> 32))).Shuffle(drawn);
        return [.. drawn.Take(count).OrderBy(module => module.Id, StringComparer.Ordinal)];
    }

    /// <summary>What can be composed together: under <see cref="Composition.Factors"/> only modules of one layout, the most common one.</summary>
    static ModuleInfo[] Pool(IReadOnlyList<ModuleInfo> known, string baseModel, Composition composition)
    {
        var usable = known.Where(module => module.Problem is null && module.BaseModel == baseModel);

        if (composition == Composition.Delta)
        {
            return [.. usable];
        }

        var layouts = usable.GroupBy(module => module.Layout);
        return layouts.MaxBy(layout => layout.Count())?.ToArray() ?? []; // of equally common layouts the one that comes first in the list
    }

    static (IReadOnlyList<ModuleInfo> Modules, IReadOnlyList<InputError> Errors) Find(
        IReadOnlyList<string> names, IReadOnlyList<ModuleInfo> known, IModuleCatalog catalog, PredictionInput input)
    {
        var field = input.Weights is null ? InputSchema.LoraModulesSpecified : InputSchema.ModuleWeights;
        var byId = known.ToDictionary(module => module.Id, StringComparer.Ordinal);
        var modules = new List<ModuleInfo>();
        foreach (var name in names)
        {
            var pinned = ModuleReference.Parse(name) is { Digest: not null } reference ? reference : null;
            if ((pinned is null ? byId.GetValueOrDefault(name) : catalog.Find(pinned)) is not { } module)
            {
                if (pinned is not null && byId.ContainsKey(pinned.Id))
                {
                    return ([], [new InputError(field, $"`{pinned.Id}` has no version, or several, whose digest begins with {pinned.Digest}.", InputErrorKind.Invalid)]);
                }

                var closest = Spelling.Closest(name, byId.Keys);
                var hint = closest.Count == 0 ? "" : $" Did you mean {string.Join(" or ", closest.Select(id => $"`{id}`"))}?";
                return ([], [new InputError(field, $"`{name}` is not recognised.{hint}", InputErrorKind.Invalid)]);
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

    static string? Mismatch(List<ModuleInfo> modules, Composition composition)
    {
        var first = modules[0];
        if (modules.Find(module => module.BaseModel != first.BaseModel) is { } stranger)
        {
            return $"`{first.Id}` is for the base model `{first.BaseModel}`, `{stranger.Id}` for `{stranger.BaseModel}`; name modules of one base model.";
        }

        if (composition == Composition.Factors && modules.Find(module => module.Layout != first.Layout) is { } other)
        {
            return $"`{first.Id}` (r {first.Rank}) and `{other.Id}` (r {other.Rank}) differ in rank or targets, so their factors cannot be summed; "
                + "name modules of one shape, or ask for composition: delta.";
        }

        return null;
    }
}
