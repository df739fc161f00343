using LoraHub.Api.Http;
using LoraHub.Core.Predictions.Inputs;

namespace LoraHub.Api.Pages;

/// <summary>What a route of the API refused, as errors of a page's form.</summary>
static class ProblemErrors
{
    /// <param name="field">What the problem is about if it names no field; empty for the whole form.</param>
    public static InputError[] Of(Problem problem, string field = "") => problem.InvalidFields is { Count: > 0 } fields
        ? [.. fields.Select(one => new InputError(one.Field.Length > 0 ? one.Field : field, one.Description, InputErrorKind.Invalid))]
        : [new InputError(field, problem.Detail, InputErrorKind.Invalid)];
}
