using LoraHub.Core.Json;
using LoraHub.Core.Predictions.Inputs;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LoraHub.Api.Cog;

/// <summary>Input errors in FastAPI's shape, which Cog uses.</summary>
public sealed record CogInputErrors(IReadOnlyList<CogInputError> Detail);

/// <param name="Loc">The path to the field in the request, outermost key first.</param>
public sealed record CogInputError(IReadOnlyList<string> Loc, string Msg, string Type);

/// <summary>The reason why no prediction was created.</summary>
public sealed record CogFailure(string Error, string Status = "failed");

/// <summary>The reason why there is nothing to read.</summary>
public sealed record CogError(string Error);

/// <summary>Cog's error responses. Each kind has its own shape.</summary>
static class CogErrors
{
    public static IResult Inputs(IEnumerable<InputError> errors) => Unprocessable(errors
        .DistinctBy(error => error.Field)
        .Select(error => new CogInputError(
            ["body", "input", error.Field],
            error.Message,
            error.Kind == InputErrorKind.Required ? "value_error.missing" : "value_error")));

    public static IResult Id(string message) => Unprocessable([new CogInputError(["body", "id"], message, "value_error")]);

    public static IResult Text(int statusCode, string reason) => TypedResults.Text(reason, "text/plain", statusCode: statusCode);

    public static IResult Failure(int statusCode, string error) => TypedResults.Json(new CogFailure(error), WireJson.Options, statusCode: statusCode);

    /// <summary>Cog has no list route. Only a Replicate client whose base URL lacks <c>/v1</c> requests one.</summary>
    public static IResult NoList() => Failure(
        StatusCodes.Status405MethodNotAllowed, "Predictions are listed at GET /v1/predictions; the base URL of a Replicate client must end in /v1.");

    public static IResult TooManyStreams() =>
        TypedResults.Json(new CogError("Too many stream subscribers"), WireJson.Options, statusCode: StatusCodes.Status429TooManyRequests);

    static JsonHttpResult<CogInputErrors> Unprocessable(IEnumerable<CogInputError> errors) =>
        TypedResults.Json(new CogInputErrors([.. errors]), WireJson.Options, statusCode: StatusCodes.Status422UnprocessableEntity);
}
