using System.Reflection;
using LoraHub.Core.Predictions;
using LoraHub.Storage;

namespace LoraHub.Api.Tests;

public sealed class ArchitectureTests
{
    static readonly Assembly Core = typeof(Prediction).Assembly;
    static readonly Assembly Storage = typeof(StorageServices).Assembly;
    static readonly Assembly Inference = Assembly.Load("LoraHub.Inference");

    [Fact]
    public void Core_knows_nothing_of_ours_and_no_package() => Assert.All(
        Core.GetReferencedAssemblies(),
        reference => Assert.StartsWith("System.", reference.Name, StringComparison.Ordinal));

    [Fact]
    public void Storage_knows_Core_alone() => Assert.Equal(["LoraHub.Core"], OursIn(Storage));

    [Fact]
    public void Inference_knows_Core_alone() => Assert.DoesNotContain(OursIn(Inference), name => name != "LoraHub.Core");

    [Fact]
    public void Only_Inference_sees_TorchSharp() => Assert.All(
        [Core, Storage, typeof(Program).Assembly],
        assembly => Assert.DoesNotContain(assembly.GetReferencedAssemblies(), reference => reference.Name == "TorchSharp"));

    static IEnumerable<string?> OursIn(Assembly assembly) =>
        assembly.GetReferencedAssemblies().Select(reference => reference.Name).Where(name => name!.StartsWith("LoraHub", StringComparison.Ordinal));
}
