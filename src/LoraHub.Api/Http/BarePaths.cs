namespace LoraHub.Api.Http;

/// <summary>The paths of a Cog container. Errors there have Cog's format; everywhere else they are problem details.</summary>
static class BarePaths
{
    static readonly PathString[] Paths = ["/predictions", "/trainings", "/health-check", "/openapi.json", "/shutdown"];

    public static bool Covers(PathString path) =>
        path.Value is null or "" or "/" || Array.Exists(Paths, own => path.StartsWithSegments(own, StringComparison.OrdinalIgnoreCase));
}
