using System.Reflection;

namespace LoraHub.Api.Tests.Support;

static class Repository
{
    /// <summary>The source folder that these tests were built from.</summary>
    public static string Root { get; } =
        typeof(Repository).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(attribute => attribute.Key == "RepositoryRoot").Value!;
}
