using System.Text.Json.Nodes;
using LoraHub.Api.Docs;
using LoraHub.Api.Http;
using LoraHub.Api.Modules.Uploads;
using LoraHub.Api.Security;

namespace LoraHub.Api.Modules;

/// <summary><c>/v1/modules</c>: the module library.</summary>
static class ModuleEndpoints
{
    const string One = "/{owner}/{name}", Version = $"{One}/versions/{{digest}}";

    public static void MapModules(this IEndpointRouteBuilder v1)
    {
        var modules = v1.MapGroup("/modules").WithTags("Modules")
            .WithPathParameter("owner", "The owner in the module's `owner/name`.", ModuleExamples.Owner)
            .WithPathParameter("name", "The name in the module's `owner/name`.", ModuleExamples.Name)
            .WithPathParameter("digest", "The version: the first 12 digits of its digest, or more, up to all 64.", ModuleExamples.Digest[..12])
            .WithPathParameter(
                "file",
                "One of the module's files: `adapter_config.json`, `adapter_model.safetensors`, `adapter_model.bin` or `README.md`.",
                LoraHub.Modules.Versions.ModuleFiles.Config);
        modules.MapLists();
        modules.MapPages();
        modules.MapFiles();
        modules.MapChanges();
        v1.MapPost("/predictions/{id}/publish", ResultPublication.PostAsync)
            .WithTags("Modules")
            .WithScope(TokenScope.Publish)
            .WithName("predictions.publish")
            .WithSummary("Publish a prediction's result as a version of a module")
            .WithDescription("The module can then be called as a model and composed by other predictions. Its card says how it was made. "
                + "200 means that the module already had a version with these bytes.")
            .WithBody<ResultPublicationRequest>(_ => new JsonObject { [ResultPublication.Destination] = "me/french" })
            .Produces<ModuleDescription>(StatusCodes.Status201Created)
            .Produces<ModuleDescription>(StatusCodes.Status200OK)
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblems([.. ModuleExamples.BadDestinations, ModuleExamples.NoResult]);
    }

    static void MapLists(this IEndpointRouteBuilder modules)
    {
        modules.MapGet("", ModuleLists.ListAsync)
            .WithName("modules.list")
            .WithSummary("Search modules, or list them")
            .WithDescription("A module must match all parameters. Sorted by relevance with `q`, by similarity with `similar_to`, otherwise by id.")
            .WithListQuery()
            .Produces<ReplicatePage<ModuleDescription>>()
            .ProducesProblem(ModuleExamples.BadQuery);
        modules.MapGet($"{One}/versions", ModuleLists.VersionsAsync)
            .WithName("modules.versions.list")
            .WithSummary("List a module's versions: the current one first, then from newest to oldest")
            .Produces<ReplicatePage<ModuleDescription>>()
            .ProducesProblem(StatusCodes.Status404NotFound);
        modules.MapGet($"{One}/similar", ModuleLists.SimilarAsync)
            .WithName("modules.similar.list")
            .WithSummary("List the modules with the most similar updates, nearest first")
            .WithDescription("`similarity` is the cosine similarity of the whole updates.")
            .Produces<ReplicatePage<ModuleDescription>>()
            .ProducesProblem(StatusCodes.Status404NotFound);
    }

    static void MapPages(this IEndpointRouteBuilder modules)
    {
        modules.MapGet(One, ModulePages.GetAsync)
            .WithName("modules.get")
            .WithSummary("Get a module")
            .WithDescription("`layers` describes its update layer by layer. `similar` lists the five nearest modules and flags near-duplicates.")
            .Produces<ModuleDescription>()
            .ProducesProblem(StatusCodes.Status404NotFound);
        modules.MapGet(Version, ModulePages.GetVersionAsync)
            .WithName("modules.versions.get")
            .WithSummary("Get a version of a module")
            .Produces<ModuleDescription>()
            .ProducesProblem(StatusCodes.Status404NotFound);
        modules.MapGet($"{One}/usage", ModulePages.GetUsageAsync)
            .WithName("modules.usage.get")
            .WithSummary("Get the usage of a module")
            .WithDescription(
                "`predictions`, the ids of the queued and running predictions that use it, is returned only to tokens with the scope `admin`.")
            .Produces<ModuleUsage>()
            .ProducesProblem(StatusCodes.Status404NotFound);
    }

    static void MapFiles(this IEndpointRouteBuilder modules)
    {
        modules.MapMethods($"{One}/card", RouteMethods.Read, ModuleDownloads.CardAsync)
            .WithName("modules.card.get")
            .WithSummary("Download a module's card, README.md")
            .WithDescription("Markdown as it was published; its content is untrusted.")
            .Produces<string>(StatusCodes.Status200OK, "text/markdown")
            .ProducesProblem(StatusCodes.Status404NotFound);
        modules.MapMethods($"{One}/download", RouteMethods.Read, ModuleDownloads.ZipAsync)
            .WithName("modules.download")
            .WithSummary("Download a module as a zip of its files")
            .Produces<byte[]>(StatusCodes.Status200OK, "application/zip")
            .ProducesProblem(StatusCodes.Status404NotFound);
        modules.MapMethods($"{Version}/download", RouteMethods.Read, ModuleDownloads.VersionZipAsync)
            .WithName("modules.versions.download")
            .WithSummary("Download a version of a module as a zip of its files")
            .Produces<byte[]>(StatusCodes.Status200OK, "application/zip")
            .ProducesProblem(StatusCodes.Status404NotFound);
        modules.MapMethods($"{Version}/files/{{file}}", RouteMethods.Read, ModuleDownloads.FileAsync)
            .WithName("modules.versions.files.download")
            .WithSummary("Download one file of a version")
            .WithDescription("Supports range requests.")
            .Produces<byte[]>(StatusCodes.Status200OK, "application/octet-stream")
            .ProducesProblem(StatusCodes.Status404NotFound);
    }

    static void MapChanges(this IEndpointRouteBuilder modules)
    {
        modules.MapPost($"{One}/versions", PublishEndpoint.PostAsync)
            .WithScope(TokenScope.Publish)
            .WithName("modules.versions.create")
            .WithSummary("Publish a module, or a new version of it")
            .WithDescription("Send the PEFT files, or one `.zip` of them; they are recognized by their file names. "
                + "200 means that the module already had a version with these bytes. `.bin` weights are read safely and stored as safetensors.")
            .WithForm<ModuleUpload>(new JsonObject { ["base_model"] = ModuleExamples.BaseModel })
            .Produces<ModuleDescription>(StatusCodes.Status201Created)
            .Produces<ModuleDescription>(StatusCodes.Status200OK)
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblems(ModuleExamples.Refusals);
        modules.MapDelete(One, ModuleDeletion.DeleteAsync)
            .WithScope(TokenScope.Publish)
            .WithName("modules.delete")
            .WithSummary("Delete a module with all of its versions")
            .WithDescription("Without the scope `admin`, only a module whose versions were all published with this token. "
                + "Refused while a queued or running prediction uses it, or a deployment is pinned to one of its versions.")
            .Produces(StatusCodes.Status204NoContent)
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(ModuleExamples.Held);
        modules.MapPost($"{One}/quarantine", ModuleChanges.QuarantineAsync)
            .WithScope(TokenScope.Admin)
            .WithName("modules.quarantine")
            .WithSummary("Quarantine a module's version, so that predictions refuse it")
            .WithBody<QuarantineRequest>(_ => new JsonObject { ["reason"] = "Its training data is under dispute." })
            .Produces<ModuleDescription>()
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblems([.. ModuleExamples.BadReasons, ModuleExamples.NotOwned]);
        modules.MapPost($"{One}/release", ModuleChanges.ReleaseAsync)
            .WithScope(TokenScope.Admin)
            .WithName("modules.release")
            .WithSummary("Release a module's version from quarantine")
            .Produces<ModuleDescription>()
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(ModuleExamples.NotOwned);
    }

    static RouteHandlerBuilder WithListQuery(this RouteHandlerBuilder route) => route
        .WithQuery("q", "Words or word prefixes that the id or the card must all contain: `translate`.", "")
        .WithQuery("owner", $"The owner in `owner/name`: `{ModuleExamples.Owner}`.", "")
        .WithQuery("base_model", $"The base model that it was trained on: `{ModuleExamples.BaseModel}`.", "")
        .WithQuery("task", "The task in its card: `translation`.", "")
        .WithQuery("tag", "A tag in its card: `lora`.", "")
        .WithQuery("rank", "The rank, r: `8`.", "", ParameterType.Integer(1))
        .WithQuery("usable", "`true` excludes broken and quarantined modules.", "", ParameterType.Boolean)
        .WithQuery(
            "sort",
            "`relevance` (the best match of `q` first, otherwise by id), `name`, `uses`, `downloads` or `newest`. Default: `relevance`.",
            "downloads")
        .WithQuery(
            "similar_to",
            "Lists the nearest neighbors of this module on one page, nearest first. Cannot be combined with `q`, `sort` and `cursor`.",
            "")
        .WithQuery(
            "limit",
            $"The page size, 1 to {ModuleListRequest.LargestLimit}. Default: {ModuleListRequest.DefaultLimit}.",
            "20",
            ParameterType.Integer(1, ModuleListRequest.LargestLimit))
        .WithQuery(ListCursor.Key, "Where the page begins, from `next`.", "");

    static RouteHandlerBuilder ProducesProblems(this RouteHandlerBuilder route, IEnumerable<Problem> problems)
    {
        foreach (var problem in problems)
        {
            route.ProducesProblem(problem);
        }

        return route;
    }
}
