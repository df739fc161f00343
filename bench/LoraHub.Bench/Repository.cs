using System.Reflection;

namespace LoraHub.Bench;

/// <summary>The repository in which this program was built.</summary>
static class Repository
{
    public static string Root { get; } =
        typeof(Repository).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(attribute => attribute.Key == "RepositoryRoot").Value!;
}
