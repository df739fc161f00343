using System.Collections;
using System.Reflection;
using LoraHub.Core;
using LoraHub.Inference;
using LoraHub.Storage;

namespace LoraHub.Api.Tests.Deploy;

/// <summary>The settings that the program has, by the names that they have in the environment.</summary>
static class OptionNames
{
    static readonly Dictionary<string, Type> Sections =
        new[] { typeof(DataOptions), typeof(InferenceOptions), typeof(StorageServices), typeof(Program) }
            .SelectMany(type => type.Assembly.GetTypes())
            .Where(type => type.GetField("Section")?.IsLiteral == true)
            .ToDictionary(type => ((string)type.GetField("Section")!.GetRawConstantValue()!).Replace(":", "__", StringComparison.Ordinal), StringComparer.Ordinal);

    /// <param name="name">As <c>Auth__Tokens__0__Name</c>.</param>
    public static bool Has(string name) => Sections.Any(section =>
        name.StartsWith($"{section.Key}__", StringComparison.Ordinal) && IsIn(section.Value, name[(section.Key.Length + 2)..].Split("__")));

    static bool IsIn(Type type, ReadOnlySpan<string> path)
    {
        if (path.IsEmpty)
        {
            return type == typeof(string) || !typeof(IEnumerable).IsAssignableFrom(type);
        }

        if (int.TryParse(path[0], out _))
        {
            return type.IsGenericType && typeof(IEnumerable).IsAssignableFrom(type) && IsIn(type.GetGenericArguments()[^1], path[1..]);
        }

        return type.GetProperty(path[0], BindingFlags.Public | BindingFlags.Instance) is { } property && IsIn(property.PropertyType, path[1..]);
    }
}
