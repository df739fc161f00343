using System.Text;
using LoraHub.Api.Models;
using LoraHub.Core.Predictions.Inputs;
using LoraHub.Modules.Cards;

namespace LoraHub.Api.Replicate.Models;

/// <summary>Describes models to people: in one line, and in Markdown.</summary>
static class ModelText
{
    const string OfBaseModel = "Answers a prompt with the base model alone, without a module.";

    public static string DescriptionOf(CallableModel model) =>
        model.Entry?.Description is { } given ? given
        : model.IsEmpty ? "No version of this model has been published yet."
        : model.IsComposer ? Composer.Description
        : model.Module is not { } module ? OfBaseModel
        : CardSummary.Of(module.Card.Text) ?? $"Answers a prompt with {module.BaseModel}, adapted by this module.";

    /// <summary>The stored readme; otherwise a module's card as it was published; otherwise the description and the inputs.</summary>
    public static string ReadmeOf(CallableModel model)
    {
        if (model.Entry?.Readme is { } given)
        {
            return given;
        }

        if (model.Module?.Card.Text is { Length: > 0 } card)
        {
            return card;
        }

        if (model.IsEmpty)
        {
            return $"# {model.Name}\n\n{DescriptionOf(model)}\n";
        }

        var text = new StringBuilder($"# {model.Name}\n\n{DescriptionOf(model)}\n")
            .Append(model.IsComposer
                ? "The output is a PEFT adapter with the weights of its modules, and answers to `test_inputs`.\n\n"
                : "The output is the answer, in pieces.\n\n")
            .Append("| input | default | meaning |\n|---|---|---|\n");
        foreach (var field in model.Fields)
        {
            text.Append($"| `{field.Name}` | {DefaultOf(field)} | {field.Description.Replace("|", "\\|", StringComparison.Ordinal)} |\n");
        }

        return text.Append(model.IsComposer ? "\nThe algorithm is LoraHub, https://arxiv.org/abs/2307.13269.\n" : "").ToString();
    }

    static string DefaultOf(InputField field) => field switch
    {
        { IsRequired: true } => "required",
        { Default: null } => "none",
        { Type: InputType.Lines } => "three date-understanding examples from BIG-Bench Hard",
        _ => $"`{field.Default}`",
    };
}
