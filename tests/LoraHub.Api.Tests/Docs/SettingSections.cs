using System.Reflection;
using LoraHub.Api.Tests.Support;

namespace LoraHub.Api.Tests.Docs;

/// <summary>The options classes of all LoraHub assemblies: the classes with a constant <c>Section</c>.</summary>
static class SettingSections
{
    /// <summary>By section, in alphabetical order.</summary>
    public static IReadOnlyList<(string Section, Type Type)> All { get; } =
    [
        .. Assemblies()
            .SelectMany(assembly => assembly.GetTypes())
            .Where(type => type.GetField("Section", BindingFlags.Public | BindingFlags.Static)?.IsLiteral == true)
            .Select(type => (Section: (string)type.GetField("Section")!.GetRawConstantValue()!, Type: type))
            .OrderBy(pair => pair.Section, StringComparer.Ordinal),
    ];

    static IEnumerable<Assembly> Assemblies() => Directory.EnumerateFiles(AppContext.BaseDirectory, "LoraHub.*.dll")
        .Select(Path.GetFileNameWithoutExtension)
        .Where(name => !name!.EndsWith(".Tests", StringComparison.Ordinal) && Directory.Exists(Path.Combine(Repository.Root, "src", name)))
        .Select(name => Assembly.Load(name!))
        .Append(typeof(Program).Assembly);
}
