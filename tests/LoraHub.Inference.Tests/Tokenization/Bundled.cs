using LoraHub.Inference.Tokenization;

namespace LoraHub.Inference.Tests.Tokenization;

/// <summary>The tokenizer that ships, loaded once: it is immutable.</summary>
static class Bundled
{
    public static string Folder { get; } = Golden.Path("../../models/lorahub/t5-mini");

    public static T5Tokenizer Tokenizer { get; } = T5Tokenizer.Load(Folder);
}
