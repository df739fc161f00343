namespace LoraHub.Inference.Tokenization;

/// <summary>The ids of a text, the end-of-sequence id last.</summary>
/// <param name="Ids">Never empty.</param>
/// <param name="IsCut">Whether the text was too long and was truncated.</param>
public sealed record TokenizedText(int[] Ids, bool IsCut);
