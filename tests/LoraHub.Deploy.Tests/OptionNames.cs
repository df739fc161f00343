using System.Collections;
using System.Reflection;

namespace LoraHub.Deploy.Tests;

/// <summary>The settings that the program has, by the names that they have in the environment.</summary>
static class OptionNames
{
    static readonly Dictionary<string, Type> Sections =
        typeof(Program).Assembly.GetReferencedAssemblies()
            .Where(name => name.Name!.StartsWith("LoraHub.", StringComparison.Ordinal))
            .Select(Assembly.Load)
            .Append(typeof(Program).Assembly)
            .SelectMany(assembly => assembly.GetTypes())
            .Where(type => type.GetField("Section")?.IsLiteral == true)
            .ToDictionary(type => ((string)type.GetField("Section")!.GetRawConstantValue()!).Replace(":", "__", StringComparison.Ordinal),
                StringComparer.Ordinal);

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
