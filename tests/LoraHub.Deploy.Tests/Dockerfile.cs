using System.Text.RegularExpressions;
using LoraHub.Api.Tests.Support;

namespace LoraHub.Deploy.Tests;

/// <summary>The repository's Dockerfile.</summary>
static partial class Dockerfile
{
    public static string Text { get; } = File.ReadAllText(Path.Combine(Repository.Root, "Dockerfile"));

    /// <summary>A label's value as BuildKit reads it between double quotes.</summary>
    public static string Label(string name) => Escaped().Replace(
        Regex.Match(Text, $"^LABEL {Regex.Escape(name)}=\"(.*)\"$", RegexOptions.Multiline, TimeSpan.FromSeconds(1)).Groups[1].Value, "${it}");

    [GeneratedRegex("""\\(?<it>["\\$])""", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Escaped();
}
