namespace LoraHub.Api.Http;

/// <summary>The paths under <c>/v1</c>: Replicate's API and this service's additions. All other paths are Cog's or serve files.</summary>
static class V1
{
    public const string Path = "/v1";

    public static bool Covers(PathString path) => path.StartsWithSegments(Path, StringComparison.OrdinalIgnoreCase);
}
