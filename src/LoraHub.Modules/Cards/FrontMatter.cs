using YamlDotNet.Core;
using YamlDotNet.Core.Events;
using YamlDotNet.RepresentationModel;

namespace LoraHub.Modules.Cards;

/// <summary>
/// Parses the YAML front matter of a card. The source is untrusted: it is read as plain nodes only, and only if it is small and flat.
/// </summary>
static class FrontMatter
{
    const int MostEvents = 4096, Deepest = 8;

    /// <summary>Splits the text between the first line <c>---</c> and the next from the rest.</summary>
    /// <returns>The front matter (empty if there is none) and the body.</returns>
    public static (string Head, string Body) Split(string card)
    {
        var lines = card.Split('\n');
        var end = lines[0].TrimEnd() == "---" ? Array.FindIndex(lines, 1, line => line.TrimEnd() is "---" or "...") : -1;
        return end < 0 ? ("", card) : (string.Join('\n', lines[1..end]), string.Join('\n', lines[(end + 1)..]));
    }

    /// <returns>An empty mapping if the text is malformed, not a mapping, too large or too deep, or has an anchor.</returns>
    public static YamlMappingNode Parse(string head)
    {
        try
        {
            if (IsHarmless(head))
            {
                var stream = new YamlStream();
                stream.Load(new StringReader(head));
                return stream.Documents is [{ RootNode: YamlMappingNode root }, ..] ? root : [];
            }
        }
        catch (Exception exception) when (exception is YamlException or ArgumentException or InvalidOperationException)
        {
            // Malformed front matter, also with a duplicate key, counts as empty.
        }

        return [];
    }

    /// <summary>Checks the events before any node is built. Aliases are refused, because they let a short text expand to a huge one.</summary>
    static bool IsHarmless(string head)
    {
        var parser = new Parser(new StringReader(head));
        var depth = 0;
        for (var events = 0; parser.MoveNext(); events++)
        {
            depth += parser.Current!.NestingIncrease;
            if (events >= MostEvents || depth > Deepest || parser.Current is AnchorAlias or NodeEvent { Anchor.IsEmpty: false })
            {
                return false;
            }
        }

        return true;
    }
}
