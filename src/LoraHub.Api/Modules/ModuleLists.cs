using LoraHub.Api.Http;
using LoraHub.Api.Replicate;
using LoraHub.Core.Modules;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LoraHub.Api.Modules;

/// <summary>Lists of modules: all, found ones, neighbours, versions.</summary>
static class ModuleLists
{
    public static async Task<IResult> ListAsync(HttpRequest request, IModuleRegistry registry, SimilarModules similar, CancellationToken cancellationToken)
    {
        var (asked, wrong) = ModuleQueries.Read(request.Query);
        if (asked is null)
        {
            return Problems.Because(StatusCodes.Status400BadRequest, null, wrong!);
        }

        var (query, similarTo) = asked;
        if (similarTo is not null)
        {
            return await registry.FindAsync(similarTo, cancellationToken) is { } module
                ? await NeighboursAsync(module, query, request, similar, cancellationToken)
                : Problems.Because(StatusCodes.Status400BadRequest, null, "Query parameter \"similar_to\" names no module of this hub");
        }

        var found = await registry.ListAsync(query with { Limit = query.Limit + 1 }, cancellationToken); // one more tells whether there is a next page
        var next = found.Count > query.Limit ? ListCursor.NextUrl(request, query.Skip + query.Limit) : null;
        return Page(found.Take(query.Limit).Select(module => HubModule.From(module, Origin.Of(request))), next);
    }

    public static async Task<IResult> SimilarAsync(
        string owner, string name, HttpRequest request, IModuleRegistry registry, SimilarModules similar, CancellationToken cancellationToken) =>
        ModuleReference.Parse($"{owner}/{name}") is { } reference && await registry.FindAsync(reference, cancellationToken) is { } module
            ? await NeighboursAsync(module, new ModuleQuery(), request, similar, cancellationToken)
            : Problems.NotFound();

    public static async Task<IResult> VersionsAsync(string owner, string name, HttpRequest request, IModuleRegistry registry, CancellationToken cancellationToken)
    {
        var versions = ModelId.IsValid($"{owner}/{name}") ? await registry.VersionsAsync($"{owner}/{name}", cancellationToken) : [];
        return versions.Count == 0 ? Problems.NotFound() : Page(versions.Select(version => HubModule.From(version, Origin.Of(request))), next: null);
    }

    static async Task<IResult> NeighboursAsync(RegisteredModule module, ModuleQuery query, HttpRequest request, SimilarModules similar, CancellationToken cancellationToken)
    {
        var near = await similar.FindAsync(module, query.Limit, query.Wants, cancellationToken);
        return Page(near.Select(one => HubModule.From(one.Module, Origin.Of(request)) with { Similarity = one.Cosine }), next: null);
    }

    static JsonHttpResult<ReplicatePage<HubModule>> Page(IEnumerable<HubModule> modules, string? next) =>
        TypedResults.Json(new ReplicatePage<HubModule>(next, null, [.. modules]), WireJson.Options);
}
