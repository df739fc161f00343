using System.Reflection;

namespace LoraHub.Bench;

/// <summary>The repository in which this program was built, or the one that LORAHUB_ROOT names where it was copied to another machine.</summary>
static class Repository
{
    public static string Root { get; } =
        Environment.GetEnvironmentVariables()["LORAHUB_ROOT"] as string
        ?? typeof(Repository).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(attribute => attribute.Key == "RepositoryRoot").Value!;
}
