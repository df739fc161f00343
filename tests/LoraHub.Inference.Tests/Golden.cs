using System.Reflection;

namespace LoraHub.Inference.Tests;

/// <summary>Finds the golden data of the real Python stack, and the shipped models, in the repository.</summary>
internal static class Golden
{
    /// <summary>The repository's root folder.</summary>
    public static string Root { get; } = typeof(Golden).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(attribute => attribute.Key == "RepositoryRoot").Value!;

    /// <summary>A file or folder below <c>tests/golden</c>.</summary>
    public static string Path(string relative) => System.IO.Path.Combine(Root, "tests", "golden", relative);

    /// <summary>A file or folder below <c>models</c>.</summary>
    public static string Model(string relative) => System.IO.Path.Combine(Root, "models", relative);
}
