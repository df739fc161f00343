using LoraHub.Api.Http;
using LoraHub.Api.Replicate;
using LoraHub.Api.Security;
using LoraHub.Core.Modules;

namespace LoraHub.Api.Modules;

/// <summary>All that is known of one module.</summary>
static class ModulePages
{
    const int Neighbours = 5;

    const double NearDuplicate = 0.99;

    public static Task<IResult> GetAsync(
        string owner, string name, HttpRequest request, IModuleRegistry registry, SimilarModules similar, CancellationToken cancellationToken) =>
        GetAsync(ModuleReference.Parse($"{owner}/{name}"), request, registry, similar, cancellationToken);

    public static Task<IResult> GetVersionAsync(
        string owner, string name, string digest, HttpRequest request, IModuleRegistry registry, SimilarModules similar, CancellationToken cancellationToken) =>
        GetAsync(ModuleReference.Parse($"{owner}/{name}@{digest}"), request, registry, similar, cancellationToken);

    public static async Task<IResult> GetUsageAsync(string owner, string name, HttpContext http, IModuleRegistry registry, CancellationToken cancellationToken)
    {
        var id = $"{owner}/{name}";
        var versions = ModelId.IsValid(id) ? await registry.VersionsAsync(id, cancellationToken) : [];
        if (versions.Count == 0)
        {
            return Problems.NotFound();
        }

        var holders = await registry.HoldersAsync(id, cancellationToken);
        var usage = new HubModuleUsage(
            id,
            versions.Sum(version => version.Uses),
            versions.Max(version => version.LastUsedAt),
            [.. versions.Select(version => new HubVersionUsage(version.Digest, version.Uses, version.LastUsedAt))],
            holders.Count,
            http.IsAdmin() ? holders : null);
        return TypedResults.Json(usage, WireJson.Options);
    }

    /// <summary>The module with its layers and its neighbours.</summary>
    public static async Task<HubModule> WholeAsync(RegisteredModule module, HttpRequest request, SimilarModules similar, CancellationToken cancellationToken)
    {
        var origin = Origin.Of(request);
        var near = await similar.FindAsync(module, Neighbours, _ => true, cancellationToken);
        return HubModule.From(module, origin) with
        {
            Layers = module.Report?.Layers ?? [],
            Similar = [.. near.Select(one => new HubNeighbour(
                one.Module.Id, one.Module.Digest, one.Cosine, one.Cosine > NearDuplicate, $"{origin}/v1/modules/{one.Module.Id}"))],
        };
    }

    static async Task<IResult> GetAsync(
        ModuleReference? reference, HttpRequest request, IModuleRegistry registry, SimilarModules similar, CancellationToken cancellationToken) =>
        reference is not null && await registry.FindAsync(reference, cancellationToken) is { } module
            ? TypedResults.Json(await WholeAsync(module, request, similar, cancellationToken), WireJson.Options)
            : Problems.NotFound();
}
