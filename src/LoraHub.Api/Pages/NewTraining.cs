using System.Text.Json.Nodes;
using LoraHub.Api.Http;
using LoraHub.Api.Models;
using LoraHub.Api.Modules;
using LoraHub.Api.Predictions;
using LoraHub.Api.Replicate.Trainings;
using LoraHub.Api.Trainings;
using LoraHub.Core;
using LoraHub.Core.Predictions.Inputs;
using LoraHub.Core.Uploads;
using LoraHub.Web.Trainings;
using Microsoft.Extensions.Options;

namespace LoraHub.Api.Pages;

/// <summary>The form of a new training: read, checked, started.</summary>
sealed class NewTraining(
    PageAnswers answers,
    TrainingCheck check,
    TrainingIntake intake,
    ModelCatalog models,
    ModuleRights rights,
    IUploadStore uploads,
    IOptions<QueueOptions> queue,
    IOptions<UploadOptions> files)
{
    const int MostSuggestions = 1000;

    /// <param name="file">The file that came with the form, or null.</param>
    public Task<TrainingDraft> ReadAsync(HttpContext http, IFormCollection form, Upload? file) => TrainingForm.ReadAsync(http, form, file, uploads);

    /// <summary>What the form shows for an input.</summary>
    public Task<TrainingDraft> DraftAsync(HttpContext http, string destination, JsonObject input) =>
        TrainingForm.DraftAsync(http, destination, input, uploads);

    /// <summary>Shows what is in the data and what is wrong, and the form as it was filled in.</summary>
    public async Task<IResult> CheckAsync(HttpContext http, TrainingDraft draft)
    {
        var (preview, errors) = await check.RunAsync(Request(http, draft), http.RequestAborted);
        return Form(http, draft, preview, [.. await RefuseAsync(http, draft), .. Gaps(draft), .. errors]);
    }

    /// <summary>Creates the training as the API does.</summary>
    public async Task<IResult> StartAsync(HttpContext http, TrainingDraft draft)
    {
        InputError[] refused = [.. await RefuseAsync(http, draft), .. Gaps(draft)];
        if (refused.Length > 0)
        {
            return Form(http, draft, null, refused);
        }

        return await intake.CreateAsync(Request(http, draft), http.RequestAborted) switch
        {
            IntakeResult.Accepted(var training) => TypedResults.LocalRedirect($"/trainings/{training.Id}"),
            IntakeResult.Invalid(var errors) => Form(http, draft, null, errors),
            IntakeResult.TooLarge(var reason) => Form(http, draft, null, [new InputError("", reason, InputErrorKind.OverBudget)]),
            _ => answers.Problem(
                http,
                StatusCodes.Status429TooManyRequests,
                "Too many predictions and trainings are waiting; try again when one has ended.",
                "/trainings"),
        };
    }

    /// <param name="preview">What was found in the data; null if it was not looked at.</param>
    public IResult Form(HttpContext http, TrainingDraft draft, DataPreview? preview, IReadOnlyList<InputError> errors) =>
        answers.Page<TrainingPage>(
            http,
            new()
            {
                [nameof(TrainingPage.Draft)] = draft,
                [nameof(TrainingPage.Preview)] = preview,
                [nameof(TrainingPage.Errors)] = errors,
                [nameof(TrainingPage.Modules)] = models.Modules.Select(module => module.Id).Take(MostSuggestions).ToArray(),
                [nameof(TrainingPage.MostFileBytes)] = files.Value.MaxBytes,
            },
            errors.Count > 0 || preview?.Problem is not null ? StatusCodes.Status422UnprocessableEntity : StatusCodes.Status200OK);

    static IEnumerable<InputError> Gaps(TrainingDraft draft) =>
        PlaygroundForm.Gaps(draft.Given, InputSchema.ExampleInputs, InputSchema.ExampleOutputs, isOptional: false);

    TrainingRequest Request(HttpContext http, TrainingDraft draft) => new(
        new PredictionRequest(draft.Given.DeepClone().AsObject(), Origin.Of(http.Request), queue.Value.Capacity)
        {
            SentTo = Origin.AsSent(http.Request),
            IsTraining = true,
        },
        TrainingCreation.Destination(draft.Destination, http));

    /// <returns>Why this visitor may not publish there, in the words of the API; empty if they may.</returns>
    async Task<IReadOnlyList<InputError>> RefuseAsync(HttpContext http, TrainingDraft draft) =>
        await TrainingCreation.RefuseAsync(draft.Destination, http, models, rights) is IValueHttpResult { Value: Problem problem }
            ? [new InputError(ResultPublication.Destination, problem.Detail, InputErrorKind.Invalid)]
            : [];
}
