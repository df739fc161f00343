using LoraHub.Inference.T5;

namespace LoraHub.Inference.Gradients;

/// <summary>An example as token ids.</summary>
/// <param name="Labels">The target's ids; <see cref="TeacherForcing.Ignored"/> where the text spells out the pad token.</param>
/// <param name="IsCut">Whether its input or its target was longer than the limit.</param>
sealed record TuningExample(int[] Input, int[] Labels, bool IsCut);
