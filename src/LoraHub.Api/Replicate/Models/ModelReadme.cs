using System.Text;
using LoraHub.Api.Models;
using LoraHub.Api.Predictions;
using LoraHub.Core.Predictions.Inputs;

namespace LoraHub.Api.Replicate.Models;

/// <summary>Describes the model and its inputs in Markdown.</summary>
static class ModelReadme
{
    public static string Of(Composer model)
    {
        var text = new StringBuilder($"# {model.Name}\n\n{Composer.Description}\n")
            .Append("The output is a PEFT adapter with the weights of its modules, and answers to `test_inputs`.\n\n")
            .Append("| input | default | meaning |\n|---|---|---|\n");
        foreach (var field in InputSchema.Fields)
        {
            text.Append($"| `{field.Name}` | {DefaultOf(field)} | {field.Description.Replace("|", "\\|", StringComparison.Ordinal)} |\n");
        }

        return text.Append("\nThe algorithm is LoraHub, https://arxiv.org/abs/2307.13269.\n").ToString();
    }

    static string DefaultOf(InputField field) => field switch
    {
        { Default: null } => "none",
        { Type: InputType.Lines } => "three date-understanding examples from BIG-Bench Hard",
        _ => $"`{field.Default}`",
    };
}
