using System.Reflection;

namespace LoraHub.Formats.Tests;

/// <summary>Files that the real Python stack wrote (tests/golden/README.md), and the shipped bundle.</summary>
static class Golden
{
    static readonly string Root =
        typeof(Golden).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(attribute => attribute.Key == "RepositoryRoot").Value!;

    /// <param name="relative">For example <c>t5/tiny-v1_0</c>.</param>
    public static string Path(string relative) => System.IO.Path.Combine(Root, "tests", "golden", relative);

    /// <summary>A file or folder below <c>models</c>.</summary>
    public static string Model(string relative) => System.IO.Path.Combine(Root, "models", relative);
}
