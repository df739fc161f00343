using LoraHub.Modules.Versions;
using YamlDotNet.RepresentationModel;

namespace LoraHub.Modules.Cards;

/// <summary>Reads what a module's <c>README.md</c> says of it. No card makes a module unusable: what cannot be read is left out.</summary>
static class CardReader
{
    const int MostBytes = 64 * 1024;

    /// <summary>Of what may be listed, and of the characters of one value.</summary>
    const int MostValues = 64, MostCharacters = 256;

    const string TaskTag = "task:";

    static readonly string[] PurposeKeys = ["tag", "task", "dataset"];

    /// <param name="folder">The module's.</param>
    public static ModuleCard ReadFolder(string folder)
    {
        try
        {
            var file = new FileInfo(Path.Combine(folder, ModuleFiles.Card));
            if (!file.Exists || file.Length == 0) // a pipe or a device has no length, and opening one may not return
            {
                return new ModuleCard();
            }

            var bytes = new byte[MostBytes];
            using var stream = file.OpenRead();
            return Read(bytes.AsSpan(0, stream.ReadAtLeast(bytes, MostBytes, throwOnEndOfStream: false)));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return new ModuleCard();
        }
    }

    /// <param name="markdown">UTF-8, at most 64 KiB of it are read.</param>
    public static ModuleCard Read(ReadOnlySpan<byte> markdown)
    {
        var text = new System.Text.UTF8Encoding().GetString(markdown[..Math.Min(markdown.Length, MostBytes)]).TrimStart('\uFEFF').TrimEnd('\uFFFD').ReplaceLineEndings("\n");
        var (head, body) = FrontMatter.Split(text);
        var front = FrontMatter.Parse(head);
        var tags = Values(front, "tags");
        return new ModuleCard
        {
            Text = text,
            Purpose = string.Join('\n', [.. PurposeValues(front), body]),
            Task = Values(front, "pipeline_tag").Concat(Values(front, "task_categories")).Concat(Values(front, "task"))
                .Concat(tags.Where(tag => tag.StartsWith(TaskTag, StringComparison.OrdinalIgnoreCase)).Select(tag => tag[TaskTag.Length..].Trim()))
                .FirstOrDefault(task => task.Length > 0),
            Tags = tags,
            License = Values(front, "license").Concat(Values(front, "licence")).FirstOrDefault(),
            Datasets = Values(front, "datasets"),
            PromptTemplate = Text(front, "prompt_template") ?? PromptBlock.Find(body),
        };
    }

    /// <summary>One value, or those of a list; none of what is neither.</summary>
    static IReadOnlyList<string> Values(YamlMappingNode front, string key) =>
    [
        .. Children(front, key).OfType<YamlScalarNode>()
            .Select(value => value.Value?.Trim() ?? "")
            .Where(value => value.Length is > 0 and <= MostCharacters)
            .Distinct(StringComparer.Ordinal).Take(MostValues),
    ];

    /// <summary>What <c>tags:</c>, <c>pipeline_tag:</c>, <c>task_categories:</c>, <c>datasets:</c> and the like say.</summary>
    static IEnumerable<string> PurposeValues(YamlMappingNode front) => front.Children
        .Where(pair => pair.Key is YamlScalarNode { Value: { } key } && Array.Exists(PurposeKeys, kept => key.Contains(kept, StringComparison.OrdinalIgnoreCase)))
        .SelectMany(pair => pair.Value.AllNodes.OfType<YamlScalarNode>())
        .Select(node => node.Value ?? "");

    static IEnumerable<YamlNode> Children(YamlMappingNode front, string key) =>
        !front.Children.TryGetValue(new YamlScalarNode(key), out var node) ? [] : node is YamlSequenceNode list ? list.Children : [node];

    static string? Text(YamlMappingNode front, string key) =>
        Children(front, key).FirstOrDefault() is YamlScalarNode { Value: { } text } && !string.IsNullOrWhiteSpace(text) ? text.TrimEnd('\n') : null;
}
