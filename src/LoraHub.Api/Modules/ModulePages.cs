using LoraHub.Api.Http;
using LoraHub.Api.Security;
using LoraHub.Core.Json;
using LoraHub.Modules.Library;
using LoraHub.Modules.Ranking;
using LoraHub.Modules.Versions;

namespace LoraHub.Api.Modules;

/// <summary>Serves the details and the usage of a module.</summary>
static class ModulePages
{
    const int Neighbors = 5;

    const double NearDuplicate = 0.99;

    public static Task<IResult> GetAsync(
        string owner, string name, HttpRequest request, IModuleIndex index, SimilarModules similar, CancellationToken cancellationToken) =>
        GetAsync(ModuleReference.Parse($"{owner}/{name}"), request, index, similar, cancellationToken);

    public static Task<IResult> GetVersionAsync(
        string owner,
        string name,
        string digest,
        HttpRequest request,
        IModuleIndex index,
        SimilarModules similar,
        CancellationToken cancellationToken) =>
        GetAsync(ModuleReference.Parse($"{owner}/{name}@{digest}"), request, index, similar, cancellationToken);

    public static async Task<IResult> GetUsageAsync(
        string owner, string name, HttpContext http, IModuleIndex index, CancellationToken cancellationToken)
    {
        var id = $"{owner}/{name}";
        var versions = ModelId.IsValid(id) ? await index.VersionsAsync(id, cancellationToken) : [];
        if (versions.Count == 0)
        {
            return Problems.NotFound();
        }

        var holders = await index.HoldersAsync(id, cancellationToken);
        var usage = new ModuleUsage(
            id,
            versions.Sum(version => version.Uses),
            versions.Max(version => version.LastUsedAt),
            versions.Sum(version => version.Downloads),
            [.. versions.Select(version => new VersionUsage(version.Digest ?? "", version.Uses, version.LastUsedAt, version.Downloads))],
            holders.Count,
            http.IsAdmin() ? holders : null);
        return TypedResults.Json(usage, WireJson.Options);
    }

    /// <summary>The module with its layers and its neighbors.</summary>
    public static async Task<ModuleDescription> WholeAsync(
        ModuleVersion module, HttpRequest request, SimilarModules similar, CancellationToken cancellationToken)
    {
        var origin = Origin.Of(request);
        var near = await similar.FindAsync(module, new ModuleQuery { Limit = Neighbors }, cancellationToken);
        return ModuleDescription.From(module, origin) with
        {
            Layers = module.Report?.Layers ?? [],
            Similar = [.. near.Select(one => new ModuleNeighbor(
                one.Module.Id, one.Module.Digest!, one.Cosine, one.Cosine > NearDuplicate, $"{origin}/v1/modules/{one.Module.Id}"))],
        };
    }

    static async Task<IResult> GetAsync(
        ModuleReference? reference, HttpRequest request, IModuleIndex index, SimilarModules similar, CancellationToken cancellationToken) =>
        reference is not null && await index.FindAsync(reference, cancellationToken) is { } module
            ? TypedResults.Json(await WholeAsync(module, request, similar, cancellationToken), WireJson.Options)
            : Problems.NotFound();
}
