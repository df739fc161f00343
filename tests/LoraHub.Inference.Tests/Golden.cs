using System.Reflection;

namespace LoraHub.Inference.Tests;

/// <summary>The numbers of the real Python stack (tests/golden/README.md) and the shipped bundle.</summary>
static class Golden
{
    /// <summary>The repository's root folder.</summary>
    public static string Root { get; } =
        typeof(Golden).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(attribute => attribute.Key == "RepositoryRoot").Value!;

    /// <param name="relative">For example <c>t5/tiny-v1_0</c>.</param>
    public static string Path(string relative) => System.IO.Path.Combine(Root, "tests", "golden", relative);

    /// <summary>The models folder that ships with the product.</summary>
    public static string Models => System.IO.Path.Combine(Root, "models");

    /// <summary>A file or folder below <c>models</c>.</summary>
    public static string Model(string relative) => System.IO.Path.Combine(Models, relative);

    /// <summary>The bundle's unseen tasks.</summary>
    public static string Tasks => System.IO.Path.Combine(Root, "bench", "tasks");
}
