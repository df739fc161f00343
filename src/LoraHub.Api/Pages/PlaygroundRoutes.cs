using System.Text.Json.Nodes;
using LoraHub.Api.Http;
using LoraHub.Api.Predictions;
using LoraHub.Core;
using LoraHub.Core.Predictions;
using LoraHub.Core.Predictions.Inputs;
using LoraHub.Web.Layout;
using LoraHub.Web.Playground;
using Microsoft.Extensions.Options;

namespace LoraHub.Api.Pages;

/// <summary>The playground: the composer's form.</summary>
static class PlaygroundRoutes
{
    static readonly (string, string)[] Tables =
        [(InputSchema.ExampleInputs, InputSchema.ExampleOutputs), (InputSchema.TestInputs, InputSchema.TestOutputs)];

    public static void MapPlayground(this IEndpointRouteBuilder pages)
    {
        pages.MapGet("/", ShowAsync).WithMetadata(new ForBrowsers());
        pages.MapPost("/pages/predictions", RunAsync);
    }

    /// <summary>The form: of an earlier prediction (<c>from</c>), or of a task that ships with the program.</summary>
    static async Task<IResult> ShowAsync(HttpContext http, PageAnswers answers, IPredictionStore store, string? task, string? from)
    {
        if (from is not null)
        {
            return await store.FindAsync(from, [PredictionKind.Compose], http.RequestAborted) is { } earlier
                ? Form(http, answers, PlaygroundInput.Of(earlier.Input), chosen: null, [])
                : answers.Problem(http, StatusCodes.Status404NotFound, "There is no such prediction.");
        }

        var preset = Preset.All.FirstOrDefault(preset => preset.Key == task) ?? Preset.All[0];
        return task == Preset.Empty
            ? Form(http, answers, new PlaygroundInput([], [], []), Preset.Empty, [])
            : Form(http, answers, preset.Input, preset.Key, []);
    }

    static async Task<IResult> RunAsync(HttpContext http, PageAnswers answers, PredictionIntake intake, IOptions<QueueOptions> queue)
    {
        var form = await http.Request.ReadFormAsync(http.RequestAborted);
        var input = PlaygroundForm.Read(form, InputSchema.Fields, Tables);
        return await CreateAsync(
            http, answers, intake, queue.Value.Capacity, input, errors => Form(http, answers, PlaygroundInput.Of(input), chosen: null, errors));
    }

    /// <summary>Creates a prediction of the composer and shows it.</summary>
    /// <param name="refuse">The page for an input that was refused.</param>
    public static async Task<IResult> CreateAsync(
        HttpContext http,
        PageAnswers answers,
        PredictionIntake intake,
        int capacity,
        JsonObject input,
        Func<IReadOnlyList<InputError>, IResult> refuse)
    {
        var request = new PredictionRequest(input, Origin.Of(http.Request), capacity) { SentTo = Origin.AsSent(http.Request) };
        return await intake.CreateAsync(request, http.RequestAborted) switch
        {
            IntakeResult.Accepted(var prediction) => TypedResults.LocalRedirect($"/predictions/{prediction.Id}"),
            IntakeResult.Invalid(var errors) => refuse(errors),
            IntakeResult.TooLarge(var reason) => refuse([new InputError("", reason, InputErrorKind.OverBudget)]),
            _ => answers.Problem(
                http, StatusCodes.Status429TooManyRequests, "Too many predictions are waiting; try again when one has ended."),
        };
    }

    static IResult Form(HttpContext http, PageAnswers answers, PlaygroundInput input, string? chosen, IReadOnlyList<InputError> errors) =>
        answers.Page<PlaygroundPage>(
            http,
            new()
            {
                [nameof(PlaygroundPage.Input)] = input,
                [nameof(PlaygroundPage.Chosen)] = chosen,
                [nameof(PlaygroundPage.Errors)] = errors,
            },
            errors.Count > 0 ? StatusCodes.Status422UnprocessableEntity : StatusCodes.Status200OK);
}
