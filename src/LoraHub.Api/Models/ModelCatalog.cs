using LoraHub.Core;
using LoraHub.Core.Models;
using LoraHub.Core.Predictions;
using LoraHub.Core.Threading;
using LoraHub.Modules.Library;
using LoraHub.Modules.Ranking;
using LoraHub.Modules.Versions;

namespace LoraHub.Api.Models;

/// <summary>The models that clients can call: the composer, the installed base models, and every version of every module.</summary>
/// <param name="index">Finds earlier versions by their digests alone; null on the command line, which has no index.</param>
/// <param name="indexer">Completes the index; null without one.</param>
/// <param name="entries">Finds models without a version; null where there is no database.</param>
sealed class ModelCatalog(
    Composer composer,
    ModuleLibrary library,
    IModuleExchange exchange,
    IModuleIndex? index = null,
    ModuleIndexer? indexer = null,
    IModelStore? entries = null)
{
    public CallableModel Composer => composer.Model;

    /// <summary>The base models, ordered by name. Reads each of them once, for its version.</summary>
    public async Task<IReadOnlyList<CallableModel>> BasesAsync(CancellationToken cancellationToken)
    {
        var models = new List<CallableModel>();
        foreach (var name in library.Bases.Known)
        {
            if (!composer.IsNamed(name) && await BaseAsync(name, cancellationToken) is { Problem: null } model)
            {
                models.Add(model);
            }
        }

        return models;
    }

    /// <summary>The current versions of the modules that can be used, ordered by name, as of the indexer's last check. Reads no file.</summary>
    public IEnumerable<ModuleVersion> Modules => library.Known.Where(module => module.Problem is null && !composer.IsNamed(module.Id));

    /// <param name="name"><c>owner/name</c>, in any spelling that a client may send.</param>
    /// <param name="version">A version's id, or null for the current one.</param>
    /// <returns>Null if there is no such model or version.</returns>
    public async Task<CallableModel?> FindAsync(string name, string? version, CancellationToken cancellationToken)
    {
        if (version is not null && !Digest.IsValid(version))
        {
            return null;
        }

        if (composer.IsNamed(name))
        {
            return version is null || version == composer.Version ? Composer : null;
        }

        if (!ModelId.IsValid(name))
        {
            return null;
        }

        if (library.Bases.IsInstalled(name))
        {
            var model = await BaseAsync(name, cancellationToken);
            return version is null || version == model.Version ? model : null;
        }

        return await FindModuleAsync(new ModuleReference(name, version), cancellationToken) is { } module ? module
            : version is null && entries is not null && await entries.FindAsync(name, cancellationToken) is { } entry ? Empty(entry)
            : null;
    }

    /// <summary>Finds a version of a module.</summary>
    /// <returns>Null if there is none, or if several match.</returns>
    public async Task<CallableModel?> FindModuleAsync(ModuleReference reference, CancellationToken cancellationToken)
    {
        var module = library.Find(reference) ?? (index is null ? null : await index.FindAsync(reference, cancellationToken));
        if (module is null)
        {
            await exchange.FetchNewAsync(cancellationToken); // another process may just have published it
            module = library.Find(reference);
            await (module is null || indexer is null ? Task.CompletedTask : indexer.RefreshAsync(reference.Id, cancellationToken));
        }

        return module is null ? null : Of(module);
    }

    /// <summary>Whether the name is the composer's or a base model's, also of one that is being downloaded.</summary>
    public bool IsOfService(string name) =>
        composer.IsNamed(name) || library.Bases.IsInstalled(name)
        || (library.Bases.Find(name) is { } folder && File.Exists(Path.Combine(folder, "config.json")));

    /// <summary>A model without a version.</summary>
    public static CallableModel Empty(ModelEntry entry) => new(entry.Id, "", PredictionKind.Generate)
    {
        Entry = entry,
        Problem = $"it has no version yet; publish one with POST /v1/modules/{entry.Id}/versions.",
    };

    /// <summary>Finds what a client's <c>version</c> names: <c>owner/name</c>, <c>owner/name:id</c> or the id alone.</summary>
    /// <returns>Null if there is no such version.</returns>
    public Task<CallableModel?> FindVersionAsync(string version, CancellationToken cancellationToken) =>
        Digest.IsValid(version) ? FindDigestAsync(version, cancellationToken)
        : version.Split(':') is [var name, var id] ? FindAsync(name, id, cancellationToken)
        : FindAsync(version, version: null, cancellationToken);

    /// <summary>A module's version as a model.</summary>
    public CallableModel Of(ModuleVersion module)
    {
        var digest = module.Digest ?? (module.Folder.Length > 0 ? library.DigestOf(module) : null);
        return new CallableModel(module.Id, digest ?? "", PredictionKind.Generate)
        {
            BaseModel = module.BaseModel,
            Module = module,
            Problem = module.Problem ?? (digest is null ? "its files cannot be read." : ProblemOfBase(module.BaseModel)),
        };
    }

    /// <summary>What to answer to a client that names an unknown model, or an unknown version of a known one: what is served instead.</summary>
    public string Unknown(string name, string? version = null) =>
        version is not null && IsKnown(name) ? NoSuchVersion(name) : $"{NoSuchModel(name)} {Served}";

    /// <summary>The same for a person, without the API's routes.</summary>
    public string WhyUnknown(string name, string? version = null) =>
        version is not null && IsKnown(name) ? $"`{name}` has no such version." : NoSuchModel(name);

    /// <summary>What to answer to a client whose <c>version</c> names nothing: which part of it is wrong, and what is served instead.</summary>
    public string UnknownVersion(string version)
    {
        var parts = version.Split(':');
        var reason = Digest.IsValid(version) ? "No model has a version with this id."
            : parts.Length > 2 || !ModelId.IsValid(parts[0]) ? "`version` must be `owner/name`, `owner/name:id` or a version's id."
            : !IsKnown(parts[0]) ? NoSuchModel(parts[0])
            : parts is [_, var id] && !Digest.IsValid(id) ? $"What follows `{parts[0]}:` is not a version's id, which has 64 hexadecimal digits."
            : NoSuchVersion(parts[0]);
        return $"The specified version does not exist, or you do not have permission to use it. {reason} {Served}";
    }

    bool IsKnown(string name) => composer.IsNamed(name) || library.Bases.IsInstalled(name) || library.Known.Any(module => module.Id == name);

    static string NoSuchVersion(string name) => $"`{name}` has no such version; GET /v1/models/{name}/versions lists its versions.";

    string NoSuchModel(string name)
    {
        var closest = Spelling.Closest(name, library.Known.Select(module => module.Id).Concat(library.Bases.Known).Append(composer.Name));
        var hint = closest.Count == 0 ? "" : $" Did you mean {string.Join(" or ", closest.Select(id => $"`{id}`"))}?";
        return $"There is no model `{(ModelId.IsValid(name) ? name : "…")}`.{hint}";
    }

    string Served
    {
        get
        {
            string[] models = [composer.Name, .. library.Bases.Known];
            var names = string.Join(", ", models.Select(id => $"`{id}`"));
            return $"This service serves {names} and {Modules.Count()} modules; GET /v1/models lists them.";
        }
    }

    async Task<CallableModel> BaseAsync(string name, CancellationToken cancellationToken)
    {
        var digest = await OwnThread.RunAsync(() => library.Bases.DigestOf(name), cancellationToken);
        return new CallableModel(name, digest ?? "", PredictionKind.Generate)
        {
            BaseModel = name,
            Problem = digest is null ? "its files cannot be read." : null,
        };
    }

    /// <summary>Modules come first: finding one reads no base model.</summary>
    async Task<CallableModel?> FindDigestAsync(string digest, CancellationToken cancellationToken)
    {
        if (digest == composer.Version)
        {
            return Composer;
        }

        string[] ids = [.. library.Known.Where(module => module.Digest == digest).Select(module => module.Id)];
        if (ids.Length == 0)
        {
            await (indexer?.CompletedAsync(cancellationToken) ?? Task.CompletedTask); // right after a start, it may lack modules
            ids = index is not null
                ? [.. await index.IdsOfAsync(digest, cancellationToken)]
                : [.. Modules.Where(module => library.DigestOf(module) == digest).Select(module => module.Id)]; // reads those without a record
        }

        return await FirstAsync(ids, digest, cancellationToken)
            ?? (await BasesAsync(cancellationToken)).FirstOrDefault(model => model.Version == digest)
            ?? await FindNewAsync(digest, cancellationToken);
    }

    /// <summary>Finds a version that another process has just published.</summary>
    async Task<CallableModel?> FindNewAsync(string digest, CancellationToken cancellationToken)
    {
        await exchange.FetchNewAsync(cancellationToken);
        return await FirstAsync(library.VersionsOf(digest).Select(version => version.Id), digest, cancellationToken);
    }

    /// <summary>The same bytes may be published under several names: the first one that can be used, or else the first one, or null.</summary>
    async Task<CallableModel?> FirstAsync(IEnumerable<string> ids, string digest, CancellationToken cancellationToken)
    {
        var models = new List<CallableModel>();
        foreach (var id in ids)
        {
            if (await FindAsync(id, digest, cancellationToken) is { } model)
            {
                models.Add(model);
            }
        }

        return models.Find(model => model.Problem is null) ?? models.FirstOrDefault();
    }

    string? ProblemOfBase(string id) => library.Bases.IsInstalled(id)
        ? null
        : $"its base model `{id}` is not installed; download it with `lorahub models pull {id}`.";
}
