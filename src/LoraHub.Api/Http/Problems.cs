using System.Text.Json.Serialization;
using LoraHub.Core.Json;
using LoraHub.Core.Predictions.Inputs;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LoraHub.Api.Http;

/// <summary>An error on <c>/v1</c> (RFC 9457). <paramref name="Detail"/> is always a string, as Replicate's Go client requires.</summary>
public sealed record Problem(
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Title,
    string Detail,
    int Status,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<InvalidField>? InvalidFields = null);

/// <param name="Type">The violated rule.</param>
/// <param name="Field">The path in the body, with keys joined by dots. Empty for the body itself.</param>
public sealed record InvalidField(string Type, string Field, string Description);

static class Problems
{
    public static IResult Because(int statusCode, string? title, string detail) => Answer(new Problem(title, detail, statusCode));

    public static IResult NotFound() => Because(StatusCodes.Status404NotFound, null, "The requested resource could not be found.");

    /// <param name="detail">What is served instead.</param>
    public static IResult UnknownModel(string detail) => Because(StatusCodes.Status404NotFound, null, detail);

    /// <param name="detail">Why the version cannot be called.</param>
    public static IResult InvalidVersion(string detail) =>
        Because(StatusCodes.Status422UnprocessableEntity, "Invalid version or not permitted", detail);

    public static IResult Inputs(IEnumerable<InputError> errors) =>
        Fields([.. errors.Select(error => new InvalidField(
            TypeOf(error.Kind), error.Field.Length == 0 ? "input" : $"input.{error.Field}", error.Message))]);

    public static IResult Fields(IReadOnlyList<InvalidField> fields)
    {
        var lines = fields.Select(field => $"- {(field.Field.Length == 0 ? "" : $"{field.Field}: ")}{field.Description}\n");
        return Answer(new Problem("Input validation failed", string.Concat(lines), StatusCodes.Status422UnprocessableEntity, fields));
    }

    static string TypeOf(InputErrorKind kind) => kind switch
    {
        InputErrorKind.Required => "required",
        InputErrorKind.WrongType => "invalid_type",
        InputErrorKind.TooSmall => "number_gte",
        InputErrorKind.TooLarge => "number_lte",
        InputErrorKind.NotAChoice => "enum",
        _ => "invalid_value",
    };

    static JsonHttpResult<Problem> Answer(Problem problem) =>
        TypedResults.Json(problem, WireJson.Options, "application/problem+json", problem.Status);
}
