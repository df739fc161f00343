using System.Runtime.InteropServices;

namespace LoraHub.Inference.Tokenization;

/// <summary>The part of the original text that a normalized character or a token comes from, in UTF-16 units; empty for what was inserted.</summary>
[StructLayout(LayoutKind.Auto)]
readonly record struct SourceRange(int Start, int End);
