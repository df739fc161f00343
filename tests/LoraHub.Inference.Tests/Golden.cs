using System.Reflection;
using System.Runtime.Intrinsics.X86;

namespace LoraHub.Inference.Tests;

/// <summary>The numbers of the real Python stack (tests/golden/README.md) and the shipped bundle.</summary>
static class Golden
{
    /// <summary>The repository's root folder; LORAHUB_ROOT names it where the tests were copied to another machine.</summary>
    public static string Root { get; } =
        Environment.GetEnvironmentVariables()["LORAHUB_ROOT"] as string
        ?? typeof(Golden).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(attribute => attribute.Key == "RepositoryRoot").Value!;

    /// <summary>
    /// The golden numbers were made with AVX-512. Where libtorch computes with AVX2, its exp and log differ in the last bits; softmax and loss are
    /// fp32 in every model (docs/adr/0003), also in one of doubles, so a loss differs by some units in fp32's last place (measured on
    /// Zen 3: losses near 5 by up to 6e-8, scores at extreme weights by up to 3e-6 in a model of doubles and 1.8e-4 in fp32).
    /// </summary>
    /// <param name="asMade">With AVX-512.</param>
    /// <param name="otherwise">With other instructions.</param>
    public static double Tolerance(double asMade, double otherwise) => Avx512F.IsSupported ? asMade : otherwise;

    /// <param name="relative">For example <c>t5/tiny-v1_0</c>.</param>
    public static string Path(string relative) => System.IO.Path.Combine(Root, "tests", "golden", relative);

    /// <summary>The models folder that ships with the product.</summary>
    public static string Models => System.IO.Path.Combine(Root, "models");

    /// <summary>A file or folder below <c>models</c>.</summary>
    public static string Model(string relative) => System.IO.Path.Combine(Models, relative);

    /// <summary>The bundle's unseen tasks.</summary>
    public static string Tasks => System.IO.Path.Combine(Root, "bench", "tasks");
}
