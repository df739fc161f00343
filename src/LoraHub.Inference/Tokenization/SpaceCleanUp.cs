namespace LoraHub.Inference.Tokenization;

/// <summary>Removes the spaces before punctuation and English contractions that pieces leave, as transformers' clean_up_tokenization does.</summary>
static class SpaceCleanUp
{
    /// <summary>In order; each applies to the result of the previous one.</summary>
    public static IReadOnlyList<(string From, string To)> Replacements { get; } =
    [
        (" .", "."), (" ?", "?"), (" !", "!"), (" ,", ","), (" ' ", "'"),
        (" n't", "n't"), (" 'm", "'m"), (" 's", "'s"), (" 've", "'ve"), (" 're", "'re"),
    ];
}
