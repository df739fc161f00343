using YamlDotNet.RepresentationModel;

namespace LoraHub.Modules.Cards;

/// <summary>
/// Completes a card for the Hugging Face Hub: its front matter must name the base model and PEFT, so that the Hub lists the module as an adapter and
/// shows how to load it. What the card has stays as it is.
/// </summary>
static class HubCard
{
    const string Fence = "---", BaseModel = "base_model", Library = "library_name", TagList = "tags";

    /// <param name="card">The card, or null for none.</param>
    /// <param name="id">The module's name.</param>
    /// <param name="baseModel">The id of the base model.</param>
    /// <returns>The completed card; completing it again changes nothing.</returns>
    /// <exception cref="InvalidDataException">The front matter is not valid, or of a form that cannot be completed.</exception>
    public static string Complete(string? card, string id, string baseModel)
    {
        var text = string.IsNullOrWhiteSpace(card) ? Body(id, baseModel) : card.TrimStart('\uFEFF');
        var (head, body) = FrontMatter.Split(text);
        var front = FrontMatter.Parse(head);
        string[] lines = string.IsNullOrWhiteSpace(head) ? [] : head.TrimEnd('\r', '\n').Split('\n');
        var completed = string.Join('\n',
        [
            Fence,
            .. WithTags(lines, front, ["lora", $"base_model:adapter:{baseModel}"]),
            .. front.Children.ContainsKey(BaseModel) ? [] : (string[])[$"{BaseModel}: {baseModel}"],
            .. front.Children.ContainsKey(Library) ? [] : (string[])[$"{Library}: peft"],
            Fence,
            body == text ? $"\n{text}" : body,
        ]);
        return IsComplete(completed) ? completed : throw new InvalidDataException(
            $"README.md: the front matter between the lines `---` is not plain YAML; correct it, or add {BaseModel}, {Library} and {TagList} to it.");
    }

    static string Body(string id, string baseModel) => $"""
        # {id}

        A LoRA adapter for `{baseModel}`, to be loaded with [PEFT](https://github.com/huggingface/peft).

        """;

    static bool IsComplete(string card)
    {
        var front = FrontMatter.Parse(FrontMatter.Split(card).Head);
        return Array.TrueForAll((string[])[BaseModel, Library, TagList], field => front.Children.ContainsKey(field));
    }

    /// <summary>Adds the tags that the list lacks. Other lines of the front matter stay.</summary>
    static string[] WithTags(string[] lines, YamlMappingNode front, string[] tags)
    {
        YamlScalarNode[] keys = [.. front.Children.Keys.OfType<YamlScalarNode>()];
        var at = Array.FindIndex(keys, key => key.Value == TagList);
        if (at < 0)
        {
            return [.. lines, .. List(tags)];
        }

        var node = front.Children[keys[at]];
        YamlNode[] present = node is YamlSequenceNode list ? [.. list.Children] : [node];
        string[] missing = [.. tags.Where(tag => !Array.Exists(present, known => known is YamlScalarNode { Value: { } value } && value == tag))];
        if (missing.Length == 0 || !Array.TrueForAll(present, tag => tag is YamlScalarNode))
        {
            return lines;
        }

        var (from, to) = (Line(keys[at]), at + 1 < keys.Length ? Line(keys[at + 1]) : lines.Length);
        while (to > from + 1 && lines[to - 1].Trim() is "" or ['#', ..])
        {
            to--; // a comment before the next field
        }

        var source = string.Join('\n', lines);
        var kept = present.Select(tag => source[(int)tag.Start.Index..(int)tag.End.Index].Trim()); // with its quotes
        return [.. lines[..from], .. List([.. kept.Where(tag => tag.Length > 0), .. missing]), .. lines[to..]];
    }

    static string[] List(string[] tags) => [$"{TagList}:", .. tags.Select(tag => $"- {tag}")];

    static int Line(YamlNode node) => (int)node.Start.Line - 1;
}
