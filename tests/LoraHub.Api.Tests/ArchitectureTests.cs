using ArchUnitNET.Domain;
using ArchUnitNET.Fluent.Slices;
using ArchUnitNET.Loader;
using ArchUnitNET.xUnitV3;
using Architecture = ArchUnitNET.Domain.Architecture;
using Assembly = System.Reflection.Assembly;

namespace LoraHub.Api.Tests;

/// <summary>Which project may reference which, and that no folder depends on itself through others. A folder is a namespace.</summary>
public sealed class ArchitectureTests
{
    const string Core = "LoraHub.Core", Formats = "LoraHub.Formats", Modules = "LoraHub.Modules", Inference = "LoraHub.Inference",
        Storage = "LoraHub.Storage",
        Evaluation = "LoraHub.Evaluation", Web = "LoraHub.Web", ApiAssembly = "lorahub";

    static readonly Dictionary<string, string[]> MayReference = new()
    {
        [Core] = [],
        [Formats] = [],
        [Modules] = [Core, Formats],
        [Inference] = [Core, Formats, Modules],
        [Storage] = [Core, Modules],
        [Evaluation] = [Core, Modules, Inference],
        [Web] = [Core, Modules],
        [ApiAssembly] = [Core, Formats, Modules, Inference, Storage, Evaluation, Web],
    };

    static readonly Assembly[] Projects = [.. WithReferences(typeof(Program).Assembly).DistinctBy(assembly => assembly.FullName)];

    static readonly Architecture Ours = new ArchLoader().LoadAssemblies(Projects).Build();

    /// <summary>The projects, and each of their folders that has subfolders.</summary>
    public static TheoryData<string> FoldersWithFolders => new(
        Ours.Types.Select(type => type.Namespace?.FullName ?? "")
            .Where(name => name.StartsWith("LoraHub.", StringComparison.Ordinal))
            .SelectMany(Ancestors)
            .Distinct(StringComparer.Ordinal)
            .Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(FoldersWithFolders))]
    public void Folders_beside_each_other_form_no_cycle(string parent)
    {
        var slices = new SliceRuleCreator();
        slices.SetSliceAssignment(new SliceAssignment(
            type => ChildOf(parent, type.Namespace?.FullName ?? "") is { } child ? SliceIdentifier.Of(child) : SliceIdentifier.Ignore(), "folders"));
        new GivenSlices(slices).Should().BeFreeOfCycles().Check(Ours);
    }

    [Fact]
    public void Projects_reference_only_those_below_them() => Assert.All(Projects, project =>
        Assert.Subset(MayReference[project.GetName().Name!].ToHashSet(), References(project).Where(IsOurs).ToHashSet()));

    [Fact]
    public void Core_and_Formats_reference_no_package() => Assert.All(
        Projects.Where(project => project.GetName().Name is Core or Formats).SelectMany(References),
        reference => Assert.StartsWith("System.", reference, StringComparison.Ordinal));

    [Fact]
    public void Only_Inference_sees_TorchSharp() => Assert.All(
        Projects.Where(project => project.GetName().Name != Inference),
        project => Assert.DoesNotContain("TorchSharp", References(project)));

    static IEnumerable<Assembly> WithReferences(Assembly assembly) =>
        References(assembly).Where(IsOurs).SelectMany(name => WithReferences(Assembly.Load(name))).Prepend(assembly);

    static IEnumerable<string> References(Assembly assembly) => assembly.GetReferencedAssemblies().Select(reference => reference.Name!);

    static bool IsOurs(string assembly) => assembly.StartsWith("LoraHub.", StringComparison.Ordinal);

    /// <summary>The parent namespaces, starting with the project's.</summary>
    static IEnumerable<string> Ancestors(string name)
    {
        var parts = name.Split('.');
        return Enumerable.Range(2, Math.Max(0, parts.Length - 2)).Select(count => string.Join('.', parts.Take(count)));
    }

    static string? ChildOf(string parent, string name) =>
        name.StartsWith($"{parent}.", StringComparison.Ordinal) ? name[(parent.Length + 1)..].Split('.')[0] : null;
}
