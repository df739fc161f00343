using System.Globalization;
using LoraHub.Core.Predictions.Inputs;

namespace LoraHub.Web.Playground;

/// <summary>Errors of inputs in a page's words: the API's speak of JSON types, which a form does not have.</summary>
static class InputWords
{
    /// <summary>A larger bound says nothing to a person.</summary>
    const double LargestBound = 1e9;

    static readonly Dictionary<string, InputField> Fields =
        TrainingSchema.Fields.Concat(InputSchema.Fields).Concat(PromptSchema.Fields).DistinctBy(field => field.Name)
            .ToDictionary(field => field.Name, StringComparer.Ordinal);

    public static string Of(InputError error) => error.Kind switch
    {
        InputErrorKind.Required when error.Field == PromptSchema.Prompt => "Write a prompt.",
        InputErrorKind.Required when error.Field == TrainingSchema.TrainData => "Give a file, text, or a table of examples.",
        InputErrorKind.WrongType or InputErrorKind.TooSmall or InputErrorKind.TooLarge
            when Fields.GetValueOrDefault(error.Field) is { Type: InputType.Integer or InputType.Number } field => Number(field),
        _ => Said(error).Replace("is not recognized.", "is not a module of the library.", StringComparison.Ordinal),
    };

    /// <summary>The page's label names the field already.</summary>
    static string Said(InputError error)
    {
        foreach (var start in new[] { $"{error.Field} must be ", $"{error.Field} is required: " })
        {
            if (error.Message.StartsWith(start, StringComparison.Ordinal))
            {
                return $"Enter {error.Message[start.Length..]}.";
            }
        }

        return error.Message;
    }

    static string Number(InputField field)
    {
        var what = field.Type == InputType.Integer ? "a whole number" : "a number";
        return field switch
        {
            { Minimum: { } least, Maximum: { } most } when most <= LargestBound => Say($"Enter {what} from {least:#,0.######} to {most:#,0.######}."),
            { Minimum: { } least } => Say($"Enter {what} of at least {least:#,0.######}."),
            _ => $"Enter {what}.",
        };
    }

    static string Say(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
