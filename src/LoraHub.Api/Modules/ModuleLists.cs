using LoraHub.Api.Http;
using LoraHub.Core;
using LoraHub.Core.Json;
using LoraHub.Modules.Library;
using LoraHub.Modules.Ranking;
using LoraHub.Modules.Versions;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;

namespace LoraHub.Api.Modules;

/// <summary>Lists modules, neighbors and versions.</summary>
static class ModuleLists
{
    public static async Task<IResult> ListAsync(
        HttpRequest request, IModuleIndex index, SimilarModules similar, IOptions<LimitsOptions> limits, CancellationToken cancellationToken)
    {
        var (list, error) = ModuleListRequest.Read(request.Query);
        if (list is null)
        {
            return Problems.Because(StatusCodes.Status400BadRequest, null, error!);
        }

        var (query, similarTo) = list;
        if (similarTo is not null)
        {
            return await index.FindAsync(similarTo, cancellationToken) is { } module
                ? await NeighborsAsync(module, query, request, similar, cancellationToken)
                : Problems.Because(StatusCodes.Status400BadRequest, null, "Query parameter \"similar_to\" names an unknown module");
        }

        var found = await index.ListAsync(query with { Limit = query.Limit + 1 }, cancellationToken); // one extra shows whether there is a next page
        var page = ReplicatePage.Within(
            limits.Value.PageBytes, found.Take(query.Limit).Select(module => ModuleDescription.From(module, Origin.Of(request))));
        return Page(page, found.Count > page.Length ? ListCursor.NextUrl(request, query.Skip + page.Length) : null);
    }

    public static async Task<IResult> SimilarAsync(
        string owner, string name, HttpRequest request, IModuleIndex index, SimilarModules similar, CancellationToken cancellationToken) =>
        ModuleReference.Parse($"{owner}/{name}") is { } reference && await index.FindAsync(reference, cancellationToken) is { } module
            ? await NeighborsAsync(module, new ModuleQuery(), request, similar, cancellationToken)
            : Problems.NotFound();

    public static async Task<IResult> VersionsAsync(
        string owner, string name, HttpRequest request, IModuleIndex index, CancellationToken cancellationToken)
    {
        var versions = ModelId.IsValid($"{owner}/{name}") ? await index.VersionsAsync($"{owner}/{name}", cancellationToken) : [];
        return versions.Count == 0
            ? Problems.NotFound()
            : Page(versions.Select(version => ModuleDescription.From(version, Origin.Of(request))), next: null);
    }

    static async Task<IResult> NeighborsAsync(
        ModuleVersion module, ModuleQuery query, HttpRequest request, SimilarModules similar, CancellationToken cancellationToken)
    {
        var near = await similar.FindAsync(module, query, cancellationToken);
        return Page(
            near.Select(similar => ModuleDescription.From(similar.Module, Origin.Of(request)) with { Similarity = similar.Cosine }), next: null);
    }

    static JsonHttpResult<ReplicatePage<ModuleDescription>> Page(IEnumerable<ModuleDescription> modules, string? next) =>
        TypedResults.Json(new ReplicatePage<ModuleDescription>(next, null, [.. modules]), WireJson.Options);
}
