using System.Reflection;

namespace LoraHub.Inference.Tests;

/// <summary>The reference's numbers; tests/golden/README.md says what they are.</summary>
internal static class Golden
{
    private static readonly string Root = typeof(Golden).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(attribute => attribute.Key == "RepositoryRoot").Value!;

    public static string Path(string relative) => System.IO.Path.Combine(Root, "tests", "golden", relative);
}
