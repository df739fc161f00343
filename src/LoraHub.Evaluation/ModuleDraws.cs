using System.Text.Json;
using System.Text.Json.Nodes;
using LoraHub.Modules.Versions;

namespace LoraHub.Evaluation;

/// <summary>Reads the modules of each seed from a file. With another program's draws, the results can be compared line by line.</summary>
public sealed class ModuleDraws
{
    readonly SortedDictionary<long, string[]> _modules = [];

    ModuleDraws(string file) => File = file;

    /// <summary>The file's path, as given.</summary>
    public string File { get; }

    public IEnumerable<long> Seeds => _modules.Keys;

    /// <param name="file">
    /// JSON: <c>{"1": ["owner/module", …], "2": …}</c>, or an object with notes and one such object (as in <c>bench/draws.json</c>).
    /// </param>
    /// <param name="known">The modules that resolve a name without an owner.</param>
    /// <exception cref="EvaluationException">The file is missing or malformed, or a name does not match exactly one known module.</exception>
    public static ModuleDraws Read(string file, IReadOnlyList<ModuleVersion> known)
    {
        if (!System.IO.File.Exists(file))
        {
            throw new EvaluationException($"--draws: there is no file `{file}`.");
        }

        var draws = new ModuleDraws(file);
        foreach (var (seed, modules) in draws.Parse())
        {
            draws.Add(seed, modules, known);
        }

        return draws._modules.Count > 0 ? draws : throw draws.Malformed();
    }

    /// <exception cref="EvaluationException">The file has no such seed.</exception>
    public string[] Of(long seed) => _modules.TryGetValue(seed, out var modules)
        ? modules
        : throw new EvaluationException($"--draws: `{File}` has no seed {seed}; its seeds are {string.Join(", ", Seeds)}.");

    /// <returns>The object whose keys are seeds.</returns>
    JsonObject Parse()
    {
        try
        {
            var options = new JsonDocumentOptions { AllowDuplicateProperties = false };
            var root = JsonNode.Parse(System.IO.File.ReadAllText(File), documentOptions: options) as JsonObject;
            JsonObject[] inner = [.. (root ?? throw Malformed()).Select(member => member.Value).OfType<JsonObject>()];
            return inner.Length switch
            {
                0 => root,
                1 => inner[0],
                _ => throw Malformed(),
            };
        }
        catch (JsonException)
        {
            throw Malformed();
        }
    }

    void Add(string seed, JsonNode? modules, IReadOnlyList<ModuleVersion> known)
    {
        if (!long.TryParse(seed, out var number) || modules is not JsonArray { Count: > 0 } names)
        {
            throw Malformed();
        }

        _modules[number] = [.. names.Select(name => IdOf(TextOf(name), known))];
    }

    string TextOf(JsonNode? name) => name is JsonValue value && value.TryGetValue<string>(out var text) ? text : throw Malformed();

    string IdOf(string name, IReadOnlyList<ModuleVersion> known)
    {
        if (name.Contains('/', StringComparison.Ordinal))
        {
            return name;
        }

        string[] ids = [.. known.Select(module => module.Id).Where(id => id.EndsWith($"/{name}", StringComparison.Ordinal))];
        return ids.Length switch
        {
            1 => ids[0],
            0 => throw new EvaluationException($"--draws: `{File}` names the module `{name}`, which is not here."),
            _ => throw new EvaluationException($"--draws: `{File}` names the module `{name}`, which several owners have; write owner/{name}."),
        };
    }

    EvaluationException Malformed() =>
        new($$"""--draws: `{{File}}` is not a JSON object that gives each seed its modules, such as {"1": ["owner/module", "owner/other"]}.""");
}
