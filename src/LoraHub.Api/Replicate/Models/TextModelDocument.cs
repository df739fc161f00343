using System.Text.Json;
using LoraHub.Api.Cog.Document;
using LoraHub.Core.Predictions.Inputs;

namespace LoraHub.Api.Replicate.Models;

/// <summary>
/// The <c>openapi_schema</c> of every model that answers prompts. The inputs are at <c>components.schemas.Input</c>, and the output is a list of
/// pieces that clients show as one text.
/// </summary>
static class TextModelDocument
{
    public static JsonElement Json { get; } = CogDocument.Of(PromptSchema.Fields, CogSchemas.TextOutput());
}
