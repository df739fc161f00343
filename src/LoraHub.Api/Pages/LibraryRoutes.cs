using LoraHub.Api.Http;
using LoraHub.Api.Models;
using LoraHub.Api.Modules;
using LoraHub.Api.Replicate.Models;
using LoraHub.Api.Replicate.Predictions;
using LoraHub.Api.Security;
using LoraHub.Core.Models;
using LoraHub.Core.Predictions.Inputs;
using LoraHub.Modules.Library;
using LoraHub.Modules.Ranking;
using LoraHub.Modules.Versions;
using LoraHub.Web.Library;
using Microsoft.Extensions.Primitives;

namespace LoraHub.Api.Pages;

/// <summary>The library: the list of modules, a module's page, and what can be done there.</summary>
static class LibraryRoutes
{
    const string Path = "/modules", One = "/pages/modules/{owner}/{name}", Sort = "sort";

    const int Neighbors = 5;

    public static void MapLibrary(this IEndpointRouteBuilder pages)
    {
        pages.MapGet(Path, ListAsync);
        pages.MapGet($"{Path}/{{owner}}/{{name}}", ShowAsync);
        pages.MapGet($"{One}/versions/{{digest}}/download", ModuleDownloads.VersionZipAsync);
        pages.MapPost("/pages/models/{owner}/{name}/predictions", PromptAsync).WithMetadata(new HoldsInputs());
        pages.MapPost($"{One}/quarantine", QuarantineAsync).WithScope(TokenScope.Admin);
        pages.MapPost($"{One}/release", ReleaseAsync).WithScope(TokenScope.Admin);
    }

    /// <summary>The page of the module that was published; says so.</summary>
    /// <param name="answer">What the API answers to a publication.</param>
    public static string AfterPublication(IResult answer) => answer is IValueHttpResult { Value: ModuleDescription published }
        ? PageOf(
            published.Id,
            published.Version,
            answer is IStatusCodeHttpResult { StatusCode: StatusCodes.Status201Created } ? ModuleAction.Published : ModuleAction.Known)
        : Path;

    static string PageOf(string id, string version, ModuleAction done) =>
        $"{Path}/{id}?version={Uri.EscapeDataString(version)}&done={done.ToString().ToLowerInvariant()}";

    static async Task<IResult> ListAsync(
        HttpContext http, PageAnswers answers, IModuleIndex index, IModelStore entries, ModelCatalog catalog, ModuleLibrary library)
    {
        var request = http.Request;
        var (list, error) = ModuleListRequest.Read(Given(request.Query));
        if (list is null)
        {
            return answers.Problem(http, StatusCodes.Status400BadRequest, error!, Path);
        }

        var order = Enum.TryParse<ModuleOrder>(request.Query[Sort], ignoreCase: true, out var sort) && Enum.IsDefined(sort) ? sort : default;
        var query = list.Query with { Order = order };
        var found = await index.ListAsync(query with { Limit = query.Limit + 1 }, http.RequestAborted); // one extra shows if there is a next page
        var shown = found.Take(query.Limit).ToArray();
        var described = await entries.FindAsync([.. shown.Select(module => module.Id)], http.RequestAborted);
        return answers.Page<LibraryPage>(http, new()
        {
            [nameof(LibraryPage.Query)] = query,
            [nameof(LibraryPage.Modules)] = (ListedModule[])[.. shown.Select(module =>
                new ListedModule(module, ModelText.DescriptionOf(catalog.Of(module) with { Entry = described.GetValueOrDefault(module.Id) })))],
            [nameof(LibraryPage.Models)] = query == new ModuleQuery() ? Models(catalog, library) : [],
            [nameof(LibraryPage.Bases)] = library.Bases.Known,
            [nameof(LibraryPage.First)] = query.Skip > 0 ? $"{Path}{QueryString.Create(Given(request.Query, ListCursor.Key))}" : null,
            [nameof(LibraryPage.Next)] = found.Count > shown.Length ? ListCursor.NextUrl(request, query.Skip + shown.Length) : null,
        });
    }

    /// <summary>A form sends its empty fields, too; the API refuses them. Sorting is the page's own.</summary>
    static QueryCollection Given(IQueryCollection query, string? without = null) => new(query
        .Where(field => !StringValues.IsNullOrEmpty(field.Value) && field.Key != (without ?? Sort))
        .ToDictionary(field => field.Key, field => field.Value, StringComparer.Ordinal));

    static ListedModel[] Models(ModelCatalog catalog, ModuleLibrary library) =>
    [
        new ListedModel(catalog.Composer.Name, "/", "Composes modules for a task from a few examples."),
        .. library.Bases.Known.Where(name => name != catalog.Composer.Name)
            .Select(name => new ListedModel(name, $"{Path}/{name}", "A base model: it answers prompts without a module.")),
    ];

    static async Task<IResult> ShowAsync(
        HttpContext http,
        PageAnswers answers,
        IModuleIndex index,
        IModelStore entries,
        ModelCatalog catalog,
        SimilarModules similar,
        string owner,
        string name,
        string? version,
        string? done)
    {
        var id = $"{owner}/{name}";
        if (id == catalog.Composer.Name)
        {
            return TypedResults.LocalRedirect("/");
        }

        var reference = ModelId.IsValid(id) ? ModuleReference.Parse(string.IsNullOrEmpty(version) ? id : $"{id}@{version}") : null;
        if (reference is null || await index.FindAsync(reference, http.RequestAborted) is not { } module)
        {
            return await ShowModelAsync(http, answers, catalog, id, version);
        }

        var entry = await entries.FindAsync(id, http.RequestAborted);
        var near = await similar.FindAsync(module, new ModuleQuery { Limit = Neighbors }, http.RequestAborted);
        var details = new ModuleDetails(
            module,
            entry?.Readme ?? module.Card.Text,
            await index.VersionsAsync(id, http.RequestAborted),
            [.. near.Select(one => new Web.Library.ModuleNeighbor(one.Module.Id, one.Cosine))],
            (await index.HoldersAsync(id, http.RequestAborted)).Count,
            catalog.Of(module).Problem);
        return answers.Page<ModulePage>(http, new()
        {
            [nameof(ModulePage.Details)] = details,
            [nameof(ModulePage.Origin)] = Origin.Of(http.Request),
            [nameof(ModulePage.Composer)] = catalog.Composer.Name,
            [nameof(ModulePage.Done)] = Enum.TryParse<ModuleAction>(done, ignoreCase: true, out var action) ? action : null,
        });
    }

    /// <summary>A base model, or a model without a version.</summary>
    static async Task<IResult> ShowModelAsync(HttpContext http, PageAnswers answers, ModelCatalog catalog, string id, string? version) =>
        await catalog.FindAsync(id, version, http.RequestAborted) is { } model
            ? answers.Page<ModelPage>(http, new()
            {
                [nameof(ModelPage.Name)] = model.Name,
                [nameof(ModelPage.Version)] = model.Version,
                [nameof(ModelPage.Description)] = ModelText.DescriptionOf(model),
                [nameof(ModelPage.Readme)] = model.Entry?.Readme ?? "",
                [nameof(ModelPage.Problem)] = model.Problem,
                [nameof(ModelPage.Origin)] = Origin.Of(http.Request),
            })
            : answers.Problem(http, StatusCodes.Status404NotFound, catalog.Unknown(id, version), Path);

    static async Task<IResult> PromptAsync(
        HttpContext http,
        PageAnswers answers,
        ModelCatalog catalog,
        [AsParameters] ReplicateServices services,
        string owner,
        string name)
    {
        var (id, form) = ($"{owner}/{name}", http.Request.Form);
        var version = PlaygroundForm.Text(form, "version") is { Length: > 0 } given ? given : null;
        if (await catalog.FindAsync(id, version, http.RequestAborted) is not { IsComposer: false } model)
        {
            return answers.Problem(http, StatusCodes.Status404NotFound, catalog.Unknown(id, version), Path);
        }

        var back = $"{Path}/{id}";
        if (model.Problem is { } problem)
        {
            return answers.Problem(http, StatusCodes.Status422UnprocessableEntity, $"`{id}` cannot be called: {problem}", back);
        }

        var input = PlaygroundForm.Read(form, PromptSchema.Fields, []);
        return await PlaygroundRoutes.CreateAsync(http, services, input, model, Refuse);

        IResult Refuse(IReadOnlyList<InputError> errors, int statusCode) => answers.Problem(
            http, statusCode, string.Join('\n', errors.Select(error => $"{error.Field}: {error.Message}")), back);
    }

    static async Task<IResult> QuarantineAsync(HttpContext http, PageAnswers answers, ModuleChanges changes, string owner, string name)
    {
        var reason = PlaygroundForm.Text(http.Request.Form, "reason");
        return ModuleChanges.IsReason(reason)
            ? await MarkAsync(http, answers, changes, $"{owner}/{name}", reason, ModuleAction.Quarantined)
            : answers.Problem(http, StatusCodes.Status422UnprocessableEntity, ModuleChanges.ReasonRule, $"{Path}/{owner}/{name}");
    }

    static Task<IResult> ReleaseAsync(HttpContext http, PageAnswers answers, ModuleChanges changes, string owner, string name) =>
        MarkAsync(http, answers, changes, $"{owner}/{name}", reason: null, ModuleAction.Released);

    /// <param name="reason">Why the version is quarantined; null releases it.</param>
    static async Task<IResult> MarkAsync(
        HttpContext http, PageAnswers answers, ModuleChanges changes, string id, string? reason, ModuleAction done)
    {
        var version = PlaygroundForm.Text(http.Request.Form, "version");
        var answer = await changes.MarkAsync(ModuleReference.Parse($"{id}@{version}"), reason, http);
        return answers.Of(http, answer, PageOf(id, version, done), back: $"{Path}/{id}");
    }
}
