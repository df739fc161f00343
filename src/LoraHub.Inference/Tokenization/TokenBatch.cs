namespace LoraHub.Inference.Tokenization;

/// <summary>Texts padded on the right to the longest of them, row after row, ready to become an int64 tensor.</summary>
/// <param name="Ids">Shape (rows, columns), padded with 0, which is <c>&lt;pad&gt;</c> in every T5.</param>
/// <param name="Mask">1 where a text is, 0 where it is padded; a <c>&lt;pad&gt;</c> that a text spells out counts as text.</param>
public sealed record TokenBatch(int Rows, int Columns, long[] Ids, long[] Mask)
{
    public static TokenBatch Pad(IReadOnlyList<TokenizedText> texts)
    {
        var columns = texts.Max(text => (int?)text.Ids.Length) ?? 0;
        var batch = new TokenBatch(texts.Count, columns, new long[texts.Count * columns], new long[texts.Count * columns]);

        for (var row = 0; row < texts.Count; row++)
        {
            var ids = texts[row].Ids;
            Array.Copy(ids, 0, batch.Ids, row * columns, ids.Length);
            Array.Fill(batch.Mask, 1, row * columns, ids.Length);
        }

        return batch;
    }
}
