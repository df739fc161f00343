using System.Reflection;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace LoraHub.Api.Tests.Docs;

/// <summary>The summaries that the compiler writes beside each assembly, as Markdown.</summary>
static partial class XmlComments
{
    static readonly Dictionary<Assembly, Dictionary<string, XElement>> Read = [];

    /// <exception cref="InvalidOperationException">It has none.</exception>
    public static string Of(Type type) => Of(type.Assembly, $"T:{Name(type)}");

    /// <exception cref="InvalidOperationException">It has none.</exception>
    public static string Of(PropertyInfo property) => Of(property.DeclaringType!.Assembly, $"P:{Name(property.DeclaringType!)}.{property.Name}");

    static string Name(Type type) => type.FullName!.Replace('+', '.');

    static string Of(Assembly assembly, string member)
    {
        if (!Read.TryGetValue(assembly, out var members))
        {
            Read[assembly] = members = XDocument.Load(Path.ChangeExtension(assembly.Location, "xml")).Descendants("member")
                .ToDictionary(one => one.Attribute("name")!.Value);
        }

        return members.GetValueOrDefault(member)?.Element("summary") is { } summary
            ? WhiteSpace().Replace(string.Concat(summary.Nodes().Select(Markdown)), " ").Trim()
            : throw new InvalidOperationException($"{member} has no summary.");
    }

    static string Markdown(XNode node) => node switch
    {
        XText text => text.Value,
        XElement { Name.LocalName: "c" } code => $"`{code.Value}`",
        XElement { Name.LocalName: "see" } see => $"`{see.Attribute("cref")!.Value.Split('.')[^1]}`",
        _ => throw new InvalidOperationException($"No Markdown for {node}."),
    };

    [GeneratedRegex(@"\s+", RegexOptions.NonBacktracking)]
    private static partial Regex WhiteSpace();
}
