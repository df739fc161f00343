using LoraHub.Core.Predictions.Inputs;
using LoraHub.Modules.Library;
using LoraHub.Modules.Ranking;
using LoraHub.Modules.Versions;

namespace LoraHub.Inference.Adaptation;

/// <summary>Selects the modules that a prediction composes.</summary>
static class ModuleSelector
{
    /// <summary>The fewest that a request may ask for.</summary>
    const int FewestToDraw = 2;

    /// <summary>
    /// Returns the modules that the input names, in its order, or selects modules from the pool: a random draw in the order of ids, the most
    /// similar ones first, or all. For <see cref="ModuleSelection.Probe"/> it returns all as candidates, the most similar ones first, and for
    /// <see cref="ModuleSelection.Slopes"/> all in the order of ids.
    /// </summary>
    /// <param name="seed">The seed of the draw: the same seed and pool give the same modules.</param>
    /// <returns>The modules and no errors, or no modules and the errors of the input.</returns>
    public static (IReadOnlyList<ModuleVersion> Modules, IReadOnlyList<InputError> Errors) Select(
        PredictionInput input, ModuleLibrary catalog, long seed)
    {
        var pool = input.Modules is null ? ModulePool.Of(catalog, input.Composition) : null;
        var (modules, error) = Candidates(input, catalog, pool);
        return error is not null ? ([], [error])
            : pool is null ? (modules, [])
            : (Choose(pool, input, seed), []);
    }

    /// <summary>Whether modules can be selected; selects none.</summary>
    /// <returns>What is wrong with the input, or null.</returns>
    public static InputError? Check(PredictionInput input, ModuleLibrary catalog) =>
        Candidates(input, catalog, input.Modules is null ? ModulePool.Of(catalog, input.Composition) : null).Error;

    static (IReadOnlyList<ModuleVersion> Modules, InputError? Error) Candidates(PredictionInput input, ModuleLibrary catalog, ModulePool? pool) =>
        pool is null ? Find(input.Modules!, catalog, input) : (pool.Modules, TooSmall(pool.Modules.Count, input, catalog));

    static InputError? TooSmall(int count, PredictionInput input, ModuleLibrary catalog)
    {
        var isCounted = input.ModuleSelection is ModuleSelection.Random or ModuleSelection.Similar;
        var least = isCounted ? input.RandomModules : 1;
        if (least <= count)
        {
            return null;
        }

        var id = catalog.DefaultBaseModel;
        var asked = isCounted
            ? $"{least} modules were asked for, but the pool holds {count} that can be composed"
            : "The pool holds no module that can be composed";
        var message = catalog.Bases.Find(id) is null
            ? $"The base model `{id}` is not here. Download it with `lorahub models pull {id}`, and its modules with `lorahub modules pull`. {asked}."
            : count < FewestToDraw ? $"{asked}; add modules for `{id}` with `lorahub modules pull` or `lorahub modules add`."
            : $"{asked}; ask for at most {count}.";
        return isCounted
            ? new InputError(InputSchema.NumRandomLoraModules, message, InputErrorKind.TooLarge)
            : new InputError(InputSchema.ModuleSelection, message, InputErrorKind.Invalid);
    }

    static IReadOnlyList<ModuleVersion> Choose(ModulePool pool, PredictionInput input, long seed) => input.ModuleSelection switch
    {
        ModuleSelection.All or ModuleSelection.Slopes => pool.Modules,
        ModuleSelection.Probe => Similar(pool, input),
        ModuleSelection.Similar => [.. Similar(pool, input).Take(input.RandomModules)],
        _ => Random(pool.Modules, input.RandomModules, seed),
    };

    static IReadOnlyList<ModuleVersion> Similar(ModulePool pool, PredictionInput input) =>
        [.. pool.Cards.Rank(input.ExampleInputs, input.ExampleOutputs).Select(ranked => ranked.Module)];

    static IReadOnlyList<ModuleVersion> Random(IReadOnlyList<ModuleVersion> pool, int count, long seed)
    {
        // A seeded Random yields the same numbers on every machine and .NET version. The draw uses both halves of the seed.
        var drawn = pool.ToArray();
        new Random(unchecked((int)seed ^ (int)(seed >> 32))).Shuffle(drawn);
        return [.. drawn.Take(count).OrderBy(module => module.Id, StringComparer.Ordinal)];
    }

    /// <summary>Finds named modules one by one, as their folders are now; only for a name that is unknown all are looked at.</summary>
    static (IReadOnlyList<ModuleVersion> Modules, InputError? Error) Find(IReadOnlyList<string> names, ModuleLibrary catalog, PredictionInput input)
    {
        var modules = new List<ModuleVersion>();
        string? error = null;
        foreach (var name in names)
        {
            var module = ModuleReference.Parse(name) is { } reference ? catalog.Find(reference) : null;
            error = module is null ? Unknown(name, catalog)
                : module.Problem is { } problem ? $"`{name}` cannot be used: {problem}"
                : modules.Exists(other => other.Id == module.Id) ? $"`{module.Id}` is named twice; name each module once, in one version."
                : null;
            if (error is not null)
            {
                break;
            }

            modules.Add(module!);
        }

        error ??= Mismatch(modules, input.Composition);
        return error is null ? (modules, null) : ([], new InputError(input.ModulesField, error, InputErrorKind.Invalid));
    }

    static string Unknown(string name, ModuleLibrary catalog)
    {
        if (ModuleReference.Parse(name) is { Digest: { } digest } pinned && catalog.Find(pinned with { Digest = null }) is not null)
        {
            return $"`{pinned.Id}` has no version, or several, whose digest begins with {digest}.";
        }

        var closest = Spelling.Closest(name, catalog.Known.Select(module => module.Id));
        var hint = closest.Count == 0 ? "" : $" Did you mean {string.Join(" or ", closest.Select(id => $"`{id}`"))}?";
        return $"`{name}` is not recognized.{hint}";
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
