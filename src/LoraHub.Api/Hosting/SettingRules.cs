using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using LoraHub.Modules.Ranking;

namespace LoraHub.Api.Hosting;

/// <summary>What values a setting may have, from the attributes of the options classes.</summary>
static class SettingRules
{
    /// <summary>The value of such a setting is not shown.</summary>
    static readonly string[] Secrets = ["Token", "Secret", "Hash", "Key", "Password", "Nats", "Postgres"];

    /// <summary>The options classes of all projects, by their section.</summary>
    static readonly Lazy<ILookup<string, Type>> Sections = new(() => AppDomain.CurrentDomain.GetAssemblies()
        .Where(assembly => assembly.GetName().Name is { } name && name.StartsWith("LoraHub", StringComparison.OrdinalIgnoreCase))
        .SelectMany(assembly => assembly.GetTypes())
        .Where(type => type.Name.EndsWith("Options", StringComparison.Ordinal) && SectionOf(type) is not null)
        .ToLookup(type => SectionOf(type)!, StringComparer.OrdinalIgnoreCase));

    public static string? SectionOf(Type options) =>
        options.GetField("Section", BindingFlags.Public | BindingFlags.Static) is { IsLiteral: true } section
            ? section.GetRawConstantValue() as string
            : null;

    public static string NameOf(string section, PropertyInfo property) => $"{section}:{property.Name}";

    public static bool IsSecret(string name) =>
        Secrets.Any(secret => name.Split(':')[^1].EndsWith(secret, StringComparison.OrdinalIgnoreCase));

    /// <summary>The property of a setting such as <c>Inference:Precision</c>, or null.</summary>
    public static PropertyInfo? Find(string key) => key.Split(':') is [var section, var name]
        ? Settings(section).FirstOrDefault(property => property.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
        : null;

    /// <summary>What to do about an invalid value, as in <c>use `auto`, `fp32` or `bf16`</c>, or null when the attributes do not say.</summary>
    public static string? Cure(PropertyInfo property)
    {
        var rules = property.GetCustomAttributes<ValidationAttribute>();
        if (rules.FirstOrDefault(rule => rule.ErrorMessage is not null) is { ErrorMessage: var message })
        {
            return message;
        }

        var type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
        var range = property.GetCustomAttribute<RangeAttribute>();
        return type switch
        {
            { IsEnum: true } => $"use {Choices([.. Enum.GetNames(type).Select(name => $"`{name.ToLowerInvariant()}`")])}",
            _ when type == typeof(bool) => "use `true` or `false`",
            _ when type == typeof(TimeSpan) => $"use a time as hours:minutes:seconds{Between(range)}",
            _ when type == typeof(int) || type == typeof(long) => $"use a whole number{Between(range)}",
            _ when property.GetCustomAttribute<UrlAttribute>() is not null => "use a URL such as https://example.org",
            _ when property.GetCustomAttribute<RequiredAttribute>() is not null => "set it",
            _ => null,
        };
    }

    /// <summary>One line for each setting of a known section that no part of the program reads.</summary>
    public static IEnumerable<string> Unknown(IConfiguration configuration) => configuration.GetChildren()
        .Where(section => Sections.Value.Contains(section.Key))
        .SelectMany(section => section.GetChildren())
        .Where(setting => Find(setting.Path) is null)
        .Select(setting => Unknown(setting.Path));

    /// <summary>Names an unknown setting and the closest known one.</summary>
    public static string Unknown(string key)
    {
        var section = key.Split(':')[0];
        var known = Settings(section).Select(property => property.Name).ToArray();
        return Spelling.Closest(key[(key.IndexOf(':', StringComparison.Ordinal) + 1)..].Split(':')[^1], known) is [var closest, ..]
            ? $"Unknown setting `{key}`; did you mean `{section}:{closest}`?"
            : known.Length > 0
                ? $"Unknown setting `{key}`; the settings of {section} are {string.Join(", ", known)}."
                : $"Unknown setting `{key}`; see docs/configuration.md.";
    }

    static IEnumerable<PropertyInfo> Settings(string section) => Sections.Value[section]
        .SelectMany(type => type.GetProperties(BindingFlags.Public | BindingFlags.Instance))
        .Where(property => property.CanWrite);

    static string Choices(string[] names) => names.Length == 1 ? names[0] : $"{string.Join(", ", names[..^1])} or {names[^1]}";

    static string Between(RangeAttribute? range) => range switch
    {
        null => "",
        { Maximum: int.MaxValue or double.MaxValue or (double)long.MaxValue } => $" of at least {Text(range.Minimum)}",
        _ => $" from {Text(range.Minimum)} to {Text(range.Maximum)}",
    };

    static string Text(object bound) => Convert.ToString(bound, CultureInfo.InvariantCulture)!;
}
