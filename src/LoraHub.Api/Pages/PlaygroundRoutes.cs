using System.Text.Json.Nodes;
using LoraHub.Api.Http;
using LoraHub.Api.Models;
using LoraHub.Api.Predictions;
using LoraHub.Api.Replicate.Predictions;
using LoraHub.Core.Predictions;
using LoraHub.Core.Predictions.Inputs;
using LoraHub.Web.Playground;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LoraHub.Api.Pages;

/// <summary>The playground: the composer's form.</summary>
static class PlaygroundRoutes
{
    /// <summary>The name of the button that adds empty rows to a table; its value is the table's left input.</summary>
    const string AddRows = "add";

    static readonly (string, string)[] Tables =
        [(InputSchema.ExampleInputs, InputSchema.ExampleOutputs), (InputSchema.TestInputs, InputSchema.TestOutputs)];

    public static void MapPlayground(this IEndpointRouteBuilder pages)
    {
        pages.MapGet("/", ShowAsync).WithMetadata(new ForBrowsers());
        pages.MapPost("/pages/predictions", RunAsync).WithMetadata(new HoldsInputs());
    }

    /// <summary>The form: of an earlier prediction (<c>from</c>), or of a task that ships with the program.</summary>
    static async Task<IResult> ShowAsync(HttpContext http, PageAnswers answers, IPredictionStore store, string? task, string? from)
    {
        if (from is null)
        {
            var preset = task == Preset.Empty.Key ? Preset.Empty : Preset.All.FirstOrDefault(preset => preset.Key == task) ?? Preset.All[0];
            return Form(http, answers, preset.Input, new() { [nameof(PlaygroundPage.Chosen)] = preset.Key });
        }

        return await store.FindAsync(from, [PredictionKind.Compose], http.RequestAborted) switch
        {
            null => answers.Problem(http, StatusCodes.Status404NotFound, "There is no such prediction."),
            { Removed: var removed } when removed.HasFlag(DataParts.Inputs) =>
                answers.Problem(http, StatusCodes.Status404NotFound, "The input of this prediction was removed.", PredictionRoutes.PathOf(from)),
            var earlier => Form(http, answers, PlaygroundInput.Of(earlier.Input), []),
        };
    }

    static async Task<IResult> RunAsync(HttpContext http, PageAnswers answers, [AsParameters] ReplicateServices services)
    {
        var form = http.Request.Form;
        var input = PlaygroundForm.Read(form, InputSchema.Fields, Tables);
        if (PlaygroundForm.Text(form, AddRows) is { Length: > 0 } table)
        {
            return Form(http, answers, PlaygroundInput.Of(input), new() { [nameof(PlaygroundPage.Longer)] = table });
        }

        if (input[InputSchema.Adapter] is null)
        {
            input.TryAdd(InputSchema.ExampleInputs, new JsonArray()); // else the composer would take its own examples
        }

        InputError[] gaps =
        [
            .. PlaygroundForm.Gaps(input, InputSchema.ExampleInputs, InputSchema.ExampleOutputs, isOptional: false),
            .. PlaygroundForm.Gaps(input, InputSchema.TestInputs, InputSchema.TestOutputs, isOptional: true),
        ];
        return gaps.Length > 0
            ? Refuse([.. gaps, .. Others(gaps)], StatusCodes.Status422UnprocessableEntity)
            : await CreateAsync(http, services, input, model: null, (errors, statusCode) => Task.FromResult(Refuse(errors, statusCode)));

        IEnumerable<InputError> Others(InputError[] found) =>
            InputParser.Parse(input).Errors.ExceptBy(found.Select(error => error.Field), error => error.Field);

        IResult Refuse(IReadOnlyList<InputError> errors, int statusCode) =>
            Form(http, answers, PlaygroundInput.Of(input), new() { [nameof(PlaygroundPage.Errors)] = errors }, statusCode);
    }

    /// <summary>Creates a prediction and shows it.</summary>
    /// <param name="model">The model to call; null for the composer.</param>
    /// <param name="refuse">The page that says why nothing was created, with the input as it was given.</param>
    public static async Task<IResult> CreateAsync(
        HttpContext http,
        ReplicateServices services,
        JsonObject input,
        CallableModel? model,
        Func<IReadOnlyList<InputError>, int, Task<IResult>> refuse)
    {
        if (ReplicateCreation.RefuseSetup(services) is { } failed)
        {
            return await RefuseAsync(failed);
        }

        var request = new PredictionRequest(input, Origin.Of(http.Request), services.Queue.Value.Capacity)
        {
            SentTo = Origin.AsSent(http.Request),
            Model = model,
        };
        return await services.Intake.CreateAsync(request, http.RequestAborted) switch
        {
            IntakeResult.Accepted(var prediction) => TypedResults.LocalRedirect(PredictionRoutes.PathOf(prediction.Id)),
            IntakeResult.Invalid(var errors) => await refuse(errors, StatusCodes.Status422UnprocessableEntity),
            var other => await RefuseAsync(await ReplicateCreation.AnswerAsync(http, services, other)),
        };

        Task<IResult> RefuseAsync(IResult answer) => answer is IValueHttpResult { Value: Problem problem }
            ? refuse([new InputError("", problem.Detail, InputErrorKind.Invalid)], problem.Status)
            : Task.FromResult(answer);
    }

    static RazorComponentResult Form(
        HttpContext http,
        PageAnswers answers,
        PlaygroundInput input,
        Dictionary<string, object?> parameters,
        int statusCode = StatusCodes.Status200OK)
    {
        parameters[nameof(PlaygroundPage.Input)] = input;
        return answers.Page<PlaygroundPage>(http, parameters, statusCode);
    }
}
