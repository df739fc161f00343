using System.Text.Json;
using System.Text.Json.Nodes;
using LoraHub.Core.Modules;

namespace LoraHub.Api.Evaluation;

/// <summary>Which modules each seed draws, in place of the service's own draw: another program's, so that results can be laid side by side.</summary>
sealed class ModuleDraws
{
    readonly IReadOnlyDictionary<long, string[]> _modules;

    ModuleDraws(string file, IReadOnlyDictionary<long, string[]> modules) => (File, _modules) = (file, modules);

    /// <summary>Where they stand, as it was given.</summary>
    public string File { get; }

    public IEnumerable<long> Seeds => _modules.Keys.Order();

    /// <param name="file">JSON: <c>{"1": ["owner/module", …], "2": …}</c>, which may be the value of one name of an object, beside notes (as in <c>bench/draws.json</c>).</param>
    /// <param name="known">A module without an owner is the one of these that has its name.</param>
    /// <exception cref="EvaluationException">The file is not there or not such a one, or names a module that cannot be told.</exception>
    public static ModuleDraws Read(string file, IReadOnlyList<ModuleInfo> known)
    {
        if (!System.IO.File.Exists(file))
        {
            throw new EvaluationException($"--draws: there is no file `{file}`.");
        }

        var draws = new Dictionary<long, string[]>();
        foreach (var (seed, modules) in Find(file))
        {
            draws[long.TryParse(seed, out var number) ? number : throw Malformed(file)] = modules is JsonArray { Count: > 0 } names
                ? [.. names.Select(name => Id(file, name is JsonValue value && value.TryGetValue<string>(out var text) ? text : throw Malformed(file), known))]
                : throw Malformed(file);
        }

        return draws.Count == 0 ? throw Malformed(file) : new ModuleDraws(file, draws);
    }

    /// <exception cref="EvaluationException">The file has no such seed.</exception>
    public string[] Of(long seed) => _modules.TryGetValue(seed, out var modules)
        ? modules
        : throw new EvaluationException($"--draws: `{File}` says nothing of seed {seed}; its seeds are {string.Join(", ", Seeds)}.");

    static JsonObject Find(string file)
    {
        try
        {
            var root = JsonNode.Parse(System.IO.File.ReadAllText(file), documentOptions: new JsonDocumentOptions { AllowDuplicateProperties = false }) as JsonObject ?? throw Malformed(file);
            return root.Select(pair => pair.Value).OfType<JsonObject>().ToArray() switch
            {
                [] => root,
                [var only] => only,
                _ => throw Malformed(file),
            };
        }
        catch (JsonException)
        {
            throw Malformed(file);
        }
    }

    static string Id(string file, string name, IReadOnlyList<ModuleInfo> known) =>
        name.Contains('/', StringComparison.Ordinal) ? name : known.Where(module => module.Id.EndsWith($"/{name}", StringComparison.Ordinal)).ToArray() switch
        {
            [var module] => module.Id,
            [] => throw new EvaluationException($"--draws: `{file}` names the module `{name}`, which is not here."),
            _ => throw new EvaluationException($"--draws: `{file}` names the module `{name}`, which several owners have; write owner/{name}."),
        };

    static EvaluationException Malformed(string file) =>
        new($$"""--draws: `{{file}}` is not a JSON object that gives each seed its modules, such as {"1": ["owner/module", "owner/other"]}.""");
}
