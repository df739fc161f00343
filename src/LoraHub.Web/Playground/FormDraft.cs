using System.Text.Json.Nodes;
using LoraHub.Core.Predictions.Inputs;

namespace LoraHub.Web.Playground;

/// <summary>A form of a page that was refused: what was typed, and why. The page shows both again.</summary>
public sealed record FormDraft(JsonObject Given, IReadOnlyList<InputError> Errors)
{
    public static FormDraft None { get; } = new([], []);

    /// <summary>A prompt, and why it was not answered. What concerns the whole request, such as a full queue, concerns no field.</summary>
    public static FormDraft OfPrompt(string prompt, IReadOnlyList<InputError> errors) => new(
        new JsonObject { [PromptSchema.Prompt] = prompt },
        [.. errors.Select(error => error.Field == InputSchema.TestInputs ? error with { Field = PromptSchema.Prompt } : error)]);

    public string Text(string name) => PlaygroundInput.Text(Given[name]);

    public string? Invalid(string field) => FieldErrors.Invalid(Errors, field);

    public string? Describe(string field, string? other = null) => FieldErrors.Describe(Errors, field, other);
}
