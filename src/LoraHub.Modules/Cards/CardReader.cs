using LoraHub.Modules.Versions;
using YamlDotNet.RepresentationModel;

namespace LoraHub.Modules.Cards;

/// <summary>Reads a module's card, <c>README.md</c>. An invalid card does not make a module unusable: unreadable parts are skipped.</summary>
static class CardReader
{
    const int MostBytes = 64 * 1024;

    /// <summary>The limits for the values in a list and for the characters of a value.</summary>
    const int MostValues = 64, MostCharacters = 256;

    const string TaskTag = "task:";

    static readonly string[] PurposeKeys = ["tag", "task", "dataset"];

    /// <param name="folder">The module's folder.</param>
    public static ModuleCard ReadFolder(string folder)
    {
        try
        {
            var file = new FileInfo(Path.Combine(folder, ModuleFiles.Card));
            if (!file.Exists || file.Length == 0) // a pipe or a device has no length, and opening it may block
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

    /// <param name="markdown">UTF-8; at most 64 KiB are read.</param>
    public static ModuleCard Read(ReadOnlySpan<byte> markdown)
    {
        var text = new System.Text.UTF8Encoding().GetString(markdown[..Math.Min(markdown.Length, MostBytes)])
            .TrimStart('\uFEFF').TrimEnd('\uFFFD').ReplaceLineEndings("\n");
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

    /// <summary>The value or the list of values; empty for any other node.</summary>
    static IReadOnlyList<string> Values(YamlMappingNode front, string key) =>
    [
        .. Children(front, key).OfType<YamlScalarNode>()
            .Select(value => value.Value?.Trim() ?? "")
            .Where(value => value.Length is > 0 and <= MostCharacters)
            .Distinct(StringComparer.Ordinal).Take(MostValues),
    ];

    /// <summary>The values of <c>tags:</c>, <c>pipeline_tag:</c>, <c>task_categories:</c>, <c>datasets:</c> and similar keys.</summary>
    static IEnumerable<string> PurposeValues(YamlMappingNode front) => front.Children
        .Where(pair => pair.Key is YamlScalarNode { Value: { } key }
            && Array.Exists(PurposeKeys, kept => key.Contains(kept, StringComparison.OrdinalIgnoreCase)))
        .SelectMany(pair => pair.Value.AllNodes.OfType<YamlScalarNode>())
        .Select(node => node.Value ?? "");

    static IEnumerable<YamlNode> Children(YamlMappingNode front, string key) =>
        !front.Children.TryGetValue(new YamlScalarNode(key), out var node) ? [] : node is YamlSequenceNode list ? list.Children : [node];

    static string? Text(YamlMappingNode front, string key) =>
        Children(front, key).FirstOrDefault() is YamlScalarNode { Value: { } text } && !string.IsNullOrWhiteSpace(text) ? text.TrimEnd('\n') : null;
}
