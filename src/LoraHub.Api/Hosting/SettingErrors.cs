using System.Text.RegularExpressions;
using Microsoft.Extensions.Options;

namespace LoraHub.Api.Hosting;

/// <summary>Says which setting is wrong, what its value is, and which values are valid.</summary>
static partial class SettingErrors
{
    /// <returns>One line for each wrong setting; none when the exception is about something else.</returns>
    public static IReadOnlyList<string> Describe(Exception exception, IConfiguration? configuration) => exception switch
    {
        AggregateException several => [.. several.InnerExceptions.SelectMany(inner => Describe(inner, configuration)).Distinct()],
        OptionsValidationException invalid => [.. invalid.Failures.Select(failure => Describe(failure, invalid.OptionsType, configuration))],
        InvalidOperationException => Binding(exception.Message, configuration) is { } line ? [line] : [],
        _ => [],
    };

    /// <summary>Rewrites what .NET says about a property's attribute. The options' own messages are already for users.</summary>
    static string Describe(string failure, Type options, IConfiguration? configuration)
    {
        if (AttributeFailure().Match(failure) is not { Success: true } match)
        {
            return failure;
        }

        var property = options.GetProperty(match.Groups["member"].Value);
        var section = SettingRules.SectionOf(options);
        return property is null || section is null || SettingRules.Cure(property) is not { } cure
            ? match.Groups["message"].Value
            : Line(SettingRules.NameOf(section, property), configuration?[$"{section}:{property.Name}"], cure);
    }

    /// <summary>Rewrites the errors of .NET's configuration binder.</summary>
    /// <returns>Null for another message.</returns>
    static string? Binding(string message, IConfiguration? configuration)
    {
        if (FailedConversion().Match(message) is { Success: true } conversion)
        {
            var key = conversion.Groups["key"].Value;
            var cure = SettingRules.Find(key) is { } property ? SettingRules.Cure(property) : null;
            return Line(key, conversion.Groups["value"].Value, cure ?? "use a value of the kind that docs/configuration.md names");
        }

        if (UnknownProperties().Match(message) is { Success: true } unknown)
        {
            var name = unknown.Groups["name"].Value;
            var key = configuration?.AsEnumerable().Select(pair => pair.Key).FirstOrDefault(
                key => key.EndsWith($":{name}", StringComparison.OrdinalIgnoreCase)) ?? name;
            return SettingRules.Unknown(key);
        }

        return null;
    }

    static string Line(string name, string? value, string cure) => value switch
    {
        null => $"`{name}` is not valid; {cure}.",
        "" => $"`{name}` is empty; {cure}, or leave it out.",
        _ when SettingRules.IsSecret(name) => $"`{name}` is not valid; {cure}.",
        _ => $"`{name}` is `{Shown(value)}`; {cure}.",
    };

    static string Shown(string value)
    {
        const int Longest = 80;
        var line = string.Concat(value.Select(letter => char.IsControl(letter) ? ' ' : letter));
        return line.Length <= Longest ? line : $"{line[..Longest]}…";
    }

    [GeneratedRegex(
        "^DataAnnotation validation failed for '[^']*' members: '(?<member>[^']*)' with the error: '(?<message>.*)'\\.$",
        RegexOptions.Singleline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex AttributeFailure();

    [GeneratedRegex(
        "^Failed to convert configuration value '(?<value>.*)' at '(?<key>[^']*)' to type '",
        RegexOptions.Singleline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex FailedConversion();

    [GeneratedRegex(
        "properties were not found on the instance of [^ ]+: '(?<name>[^']*)'", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex UnknownProperties();
}
