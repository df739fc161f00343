namespace LoraHub.Modules.Cards;

/// <summary>Finds the prompt template in a card's body.</summary>
static class PromptBlock
{
    const int MostCharacters = 8192;

    static readonly string[] Words = ["prompt", "template"];

    /// <summary>
    /// The first fenced code block under a heading that mentions a prompt or a template; null if there is none before the next heading.
    /// </summary>
    public static string? Find(string body)
    {
        var lines = body.Split('\n');
        var isPromptSection = false;
        for (var i = 0; i < lines.Length; i++)
        {
            if (Fence(lines[i]) is { } fence)
            {
                var end = Array.FindIndex(lines, i + 1, line => IsClosing(line, fence));
                end = end < 0 ? lines.Length : end;
                if (isPromptSection)
                {
                    var block = string.Join('\n', lines[(i + 1)..end]);
                    return string.IsNullOrWhiteSpace(block) || block.Length > MostCharacters ? null : block;
                }

                i = end; // a `#` inside the block is not a heading
            }
            else if (lines[i].StartsWith('#'))
            {
                isPromptSection = Array.Exists(Words, word => lines[i].Contains(word, StringComparison.OrdinalIgnoreCase));
            }
        }

        return null;
    }

    /// <returns>The opening fence, or null.</returns>
    static string? Fence(string line)
    {
        var text = line.TrimStart();
        var length = text.Length > 0 && text[0] is '`' or '~' ? text.AsSpan().IndexOfAnyExcept(text[0]) : 0;
        length = length < 0 ? text.Length : length;
        return length >= 3 ? text[..length] : null;
    }

    static bool IsClosing(string line, string fence)
    {
        var text = line.Trim();
        return text.StartsWith(fence, StringComparison.Ordinal) && text.AsSpan().IndexOfAnyExcept(fence[0]) < 0;
    }
}
