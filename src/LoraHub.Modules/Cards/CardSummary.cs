namespace LoraHub.Modules.Cards;

/// <summary>Finds the sentence of a card that says what its module does.</summary>
static class CardSummary
{
    const int MostCharacters = 300;

    /// <summary>The first line of the card's body that is prose: neither a heading nor a list, a table, a quote, code or HTML.</summary>
    /// <returns>Null if there is none.</returns>
    public static string? Of(string card)
    {
        var line = Array.Find(
            FrontMatter.Split(card).Body.Split('\n'),
            line => line.TrimStart() is { Length: > 0 } text && !"#-*|>`<~=".Contains(text[0], StringComparison.Ordinal));
        return line?.Trim() is not { } text ? null
            : text.Length <= MostCharacters ? text
            : string.Concat(text.AsSpan(0, char.IsHighSurrogate(text[MostCharacters - 1]) ? MostCharacters - 1 : MostCharacters), "…");
    }
}
