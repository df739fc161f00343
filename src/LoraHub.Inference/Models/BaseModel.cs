using LoraHub.Core.Predictions;
using LoraHub.Inference.T5;
using LoraHub.Inference.Tokenization;

namespace LoraHub.Inference.Models;

/// <summary>A base model with its tokenizer, ready to work. Owns the model.</summary>
sealed record BaseModel(string Id, T5Model Model, T5Tokenizer Tokenizer) : IDisposable
{
    /// <summary>Of the files that it was loaded from: another one if they change.</summary>
    public string Key { get; init; } = "";

    /// <summary>A folder's tokenizer may have more tokens than its model has rows in the embedding.</summary>
    /// <param name="where">The text, for the message.</param>
    /// <exception cref="PredictionException">An id is not one of the model's.</exception>
    public void CheckHasRows(int[] ids, string where)
    {
        var (largest, rows) = (ids.Max(), Model.Config.VocabSize);
        if (largest >= rows)
        {
            var token = Tokenizer.Decode([largest], skipSpecialTokens: false);
            throw new PredictionException(
                $"{where}: its token `{token}` has the id {largest}, but the base model's vocab_size is {rows}; "
                + "the base model's tokenizer files are of another model.");
        }
    }

    public void Dispose() => Model.Dispose();
}
