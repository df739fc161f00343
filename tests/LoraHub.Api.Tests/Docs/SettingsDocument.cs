using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using System.Text;

namespace LoraHub.Api.Tests.Docs;

/// <summary>The tables of docs/configuration.md, made from the options classes: their properties, defaults, bounds and XML comments.</summary>
static class SettingsDocument
{
    const string DefaultMark = "Default: ";

    /// <summary>Defaults that differ between machines. Their comments describe them.</summary>
    static readonly string[] OfTheMachine = ["Data:Path", "Inference:Threads"];

    public static string Write()
    {
        var text = new StringBuilder();
        foreach (var (section, type) in SettingSections.All)
        {
            text.Append(CultureInfo.InvariantCulture, $"\n### {section}\n\n{XmlComments.Of(type)}\n\n");
            text.Append("| setting | type | default | meaning | in the environment |\n|---|---|---|---|---|\n");
            foreach (var (name, property, owner) in Settings(section, type))
            {
                var (meaning, words) = Split(XmlComments.Of(property), name);
                var value = OfTheMachine.Contains(name) ? null : property.GetValue(owner);
                var variable = name.Replace(":", "__", StringComparison.Ordinal);
                text.Append(CultureInfo.InvariantCulture,
                    $"| `{name}` | {Type(property)} | {Default(value, words)} | {meaning} | `{variable}` |\n");
            }
        }

        return text.ToString();
    }

    /// <summary>Settings of a list have an index, 0 here; a list of objects is expanded to its objects' properties.</summary>
    static IEnumerable<(string Name, PropertyInfo Property, object Owner)> Settings(string prefix, Type type)
    {
        var owner = Activator.CreateInstance(type)!;
        foreach (var property in type.GetProperties(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly)
            .Where(property => property.CanWrite))
        {
            var name = $"{prefix}:{property.Name}";
            if (Element(property.PropertyType) is not { } element)
            {
                yield return (name, property, owner);
            }
            else if (element == typeof(string))
            {
                yield return ($"{name}:0", property, owner);
            }
            else
            {
                foreach (var inner in Settings($"{name}:0", element))
                {
                    yield return inner;
                }
            }
        }
    }

    static Type? Element(Type type) =>
        type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IReadOnlyList<>) ? type.GetGenericArguments()[0] : null;

    static (string Meaning, string Words) Split(string summary, string name)
    {
        var mark = summary.IndexOf(DefaultMark, StringComparison.Ordinal);
        return mark >= 0 ? (summary[..mark].TrimEnd(), summary[(mark + DefaultMark.Length)..].TrimEnd('.'))
            : summary.EndsWith("Required.", StringComparison.Ordinal) ? (summary[..^"Required.".Length].TrimEnd(), "required")
            : throw new InvalidOperationException($"The comment of {name} names no default.");
    }

    /// <summary>The value in the code, then the comment's description where it adds to it.</summary>
    static string Default(object? value, string words)
    {
        var text = value switch
        {
            null or "" or IReadOnlyList<object> { Count: 0 } => null,
            bool flag => flag ? "true" : "false",
            Enum choice => $"{choice}".ToLowerInvariant(),
            TimeSpan time => time.Milliseconds == 0 ? time.ToString("c") : time.ToString("c").TrimEnd('0'),
            _ => $"{value}",
        };
        return text is null ? words
            : words.Trim('`') == text ? $"`{text}`"
            : words.StartsWith($"{text}, ", StringComparison.Ordinal) || words.StartsWith($"{text}; ", StringComparison.Ordinal)
                ? $"`{text}`: {words[(text.Length + 2)..]}"
            : $"`{text}`: {words}";
    }

    static string Type(PropertyInfo property)
    {
        var type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
        return type.IsEnum ? string.Join(" \\| ", Enum.GetNames(type).Select(name => $"`{name.ToLowerInvariant()}`"))
            : type == typeof(bool) ? "`true` \\| `false`"
            : type == typeof(TimeSpan) ? $"time{Bounds(property)}"
            : type == typeof(int) || type == typeof(long) ? $"integer{Bounds(property)}"
            : Element(type) is not null ? "list of texts"
            : "text";
    }

    static string Bounds(PropertyInfo property) => property.GetCustomAttribute<RangeAttribute>() switch
    {
        null => "",
        { Maximum: int.MaxValue or double.MaxValue or (double)long.MaxValue } range => $", {range.Minimum} or more",
        var range => $", {range.Minimum} to {range.Maximum}",
    };
}
