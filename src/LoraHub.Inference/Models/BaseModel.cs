using LoraHub.Inference.T5;
using LoraHub.Inference.Tokenization;

namespace LoraHub.Inference.Models;

/// <summary>A base model with its tokenizer, ready to work. Owns the model.</summary>
sealed record BaseModel(string Id, T5Model Model, T5Tokenizer Tokenizer) : IDisposable
{
    public void Dispose() => Model.Dispose();
}
