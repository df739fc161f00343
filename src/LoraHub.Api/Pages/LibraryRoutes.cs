using System.Text.Json.Nodes;
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
using LoraHub.Web.Playground;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Primitives;

namespace LoraHub.Api.Pages;

/// <summary>The library: the list of modules, a module's page, and what can be done there.</summary>
static class LibraryRoutes
{
    const string Path = "/modules", One = "/pages/modules/{owner}/{name}";

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

        var query = list.Query;
        var total = await index.CountAsync(query, http.RequestAborted);
        if (total == 0 && query.Text is not null)
        {
            query = query with { AnyWord = true };
            total = await index.CountAsync(query, http.RequestAborted);
        }

        var shown = await index.ListAsync(query, http.RequestAborted);
        var described = await entries.FindAsync([.. shown.Select(module => module.Id)], http.RequestAborted);
        return answers.Page<LibraryPage>(http, new()
        {
            [nameof(LibraryPage.Query)] = query,
            [nameof(LibraryPage.Modules)] = (ListedModule[])[.. shown.Select(module =>
                new ListedModule(module, ModelText.DescriptionOf(catalog.Of(module) with { Entry = described.GetValueOrDefault(module.Id) })))],
            [nameof(LibraryPage.Models)] = query == new ModuleQuery() ? Models(catalog, library) : [],
            [nameof(LibraryPage.Bases)] = library.Bases.Known,
            [nameof(LibraryPage.Total)] = total,
            [nameof(LibraryPage.Previous)] = query.Skip == 0 ? null
                : query.Skip > query.Limit ? ListCursor.NextUrl(request, query.Skip - query.Limit)
                : $"{Path}{QueryString.Create(request.Query.Where(field => field.Key != ListCursor.Key))}",
            [nameof(LibraryPage.Next)] = total > query.Skip + shown.Count ? ListCursor.NextUrl(request, query.Skip + shown.Count) : null,
        });
    }

    /// <summary>A form sends its empty fields, too; the API refuses them.</summary>
    static QueryCollection Given(IQueryCollection query) => new(query
        .Where(field => !StringValues.IsNullOrEmpty(field.Value))
        .ToDictionary(field => field.Key, field => field.Value, StringComparer.Ordinal));

    static ListedModel[] Models(ModelCatalog catalog, ModuleLibrary library) =>
    [
        new ListedModel(catalog.Composer.Name, $"{Path}/{catalog.Composer.Name}", "The composer: composes modules for a task from a few examples."),
        .. library.Bases.Known.Where(name => name != catalog.Composer.Name)
            .Select(name => new ListedModel(name, $"{Path}/{name}", "A base model: it answers prompts without a module.")),
    ];

    static Task<IResult> ShowAsync(
        HttpContext http, [AsParameters] PageData data, string owner, string name, string? version, string? done) =>
        PageAsync(http, data, $"{owner}/{name}", version, done, FormDraft.None, StatusCodes.Status200OK);

    /// <param name="draft">A form of the page that was refused.</param>
    static async Task<IResult> PageAsync(
        HttpContext http, PageData data, string id, string? version, string? done, FormDraft draft, int statusCode)
    {
        var (answers, index, entries, catalog, similar) = data;
        var reference = ModelId.IsValid(id) ? ModuleReference.Parse(string.IsNullOrEmpty(version) ? id : $"{id}@{version}") : null;
        if (reference is null || await index.FindAsync(reference, http.RequestAborted) is not { } module)
        {
            return await ShowModelAsync(http, answers, catalog, id, version, draft, statusCode);
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
            [nameof(ModulePage.Draft)] = draft,
        }, statusCode);
    }

    /// <summary>A base model, or a model without a version.</summary>
    static async Task<IResult> ShowModelAsync(
        HttpContext http, PageAnswers answers, ModelCatalog catalog, string id, string? version, FormDraft draft, int statusCode) =>
        await catalog.FindAsync(id, version, http.RequestAborted) is { } model
            ? answers.Page<ModelPage>(http, new()
            {
                [nameof(ModelPage.Name)] = model.Name,
                [nameof(ModelPage.Version)] = model.Version,
                [nameof(ModelPage.Description)] = ModelText.DescriptionOf(model),
                [nameof(ModelPage.Readme)] = model.Entry?.Readme ?? "",
                [nameof(ModelPage.Problem)] = model.Problem,
                [nameof(ModelPage.Origin)] = Origin.Of(http.Request),
                [nameof(ModelPage.Draft)] = draft,
                [nameof(ModelPage.IsComposer)] = model.IsComposer,
            }, statusCode)
            : answers.Problem(http, StatusCodes.Status404NotFound, catalog.WhyUnknown(id, version), Path);

    static async Task<IResult> PromptAsync(
        HttpContext http, [AsParameters] PageData data, [AsParameters] ReplicateServices services, string owner, string name)
    {
        var (answers, catalog) = (data.Answers, data.Catalog);
        var (id, form) = ($"{owner}/{name}", http.Request.Form);
        var version = PlaygroundForm.Text(form, "version") is { Length: > 0 } given ? given : null;
        if (await catalog.FindAsync(id, version, http.RequestAborted) is not { IsComposer: false } model)
        {
            return answers.Problem(http, StatusCodes.Status404NotFound, catalog.WhyUnknown(id, version), Path);
        }

        var back = $"{Path}/{id}";
        if (model.Problem is { } problem)
        {
            return answers.Problem(http, StatusCodes.Status422UnprocessableEntity, $"`{id}` cannot be called: {problem}", back);
        }

        var input = PlaygroundForm.Read(form, PromptSchema.Fields, []);
        return await PlaygroundRoutes.CreateAsync(http, services, input, model, (errors, statusCode) =>
            PageAsync(http, data, id, version, done: null, new FormDraft(input, errors), statusCode));
    }

    static async Task<IResult> QuarantineAsync(
        HttpContext http, [AsParameters] PageData data, ModuleChanges changes, string owner, string name)
    {
        var form = http.Request.Form;
        var reason = PlaygroundForm.Text(form, "reason");
        if (ModuleChanges.IsReason(reason))
        {
            return await MarkAsync(http, data.Answers, changes, $"{owner}/{name}", reason, ModuleAction.Quarantined);
        }

        var draft = new FormDraft(
            new JsonObject { ["reason"] = reason }, [new InputError("reason", ModuleChanges.ReasonRule, InputErrorKind.Invalid)]);
        var version = PlaygroundForm.Text(form, "version");
        return await PageAsync(http, data, $"{owner}/{name}", version, done: null, draft, StatusCodes.Status422UnprocessableEntity);
    }

    /// <summary>What a module's page is made from.</summary>
    internal sealed record PageData(
        [FromServices] PageAnswers Answers,
        [FromServices] IModuleIndex Index,
        [FromServices] IModelStore Entries,
        [FromServices] ModelCatalog Catalog,
        [FromServices] SimilarModules Similar);

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
