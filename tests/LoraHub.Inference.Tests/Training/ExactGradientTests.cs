using System.Diagnostics;
using System.Runtime.Intrinsics.X86;

namespace LoraHub.Inference.Tests.Training;

/// <summary>
/// The comparisons of <see cref="GradientTests"/> with the tight tolerances, which hold where libtorch computes with AVX2, as the reference did. It
/// chooses its instructions at its start, so the explicit tests run in a process of their own.
/// </summary>
public sealed class ExactGradientTests
{
    public static TheoryData<string> Cases => GoldenTuning.Names;

    [Fact]
    public async Task With_the_references_instructions_the_numbers_are_the_same()
    {
        Assert.SkipUnless(Avx2.IsSupported, "The processor has no AVX2.");
        var start = new ProcessStartInfo(
            "dotnet",
            [
                "exec", typeof(ExactGradientTests).Assembly.Location, "--no-ansi",
                "--explicit", "only", "--filter-class", typeof(ExactGradientTests).FullName!,
            ])
        {
            RedirectStandardOutput = true,
            UseShellExecute = false,
            WorkingDirectory = AppContext.BaseDirectory,
            Environment = { ["ATEN_CPU_CAPABILITY"] = "avx2" },
        };
        using var process = Process.Start(start)!;

        var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.True(process.ExitCode == 0, output);
        Assert.Contains("succeeded: 10", output, StringComparison.Ordinal);
    }

    [Theory(Explicit = true)]
    [MemberData(nameof(Cases))]
    public void Gradients(string name) => GradientTests.CheckGradient(name, 1e-9, 1e-9);

    [Theory(Explicit = true)]
    [MemberData(nameof(Cases))]
    public void Twenty_steps(string name) => GradientTests.CheckSteps(name, 1e-7, 1e-7, 1e-7);
}
