using System.Text.Json.Nodes;
using LoraHub.Api.Http;
using LoraHub.Api.Replicate.Predictions;
using LoraHub.Api.Security;
using LoraHub.Core;
using LoraHub.Core.Predictions;
using LoraHub.Core.Predictions.Inputs;
using LoraHub.Web.Playground;
using LoraHub.Web.Predictions;
using LoraHub.Web.Trainings;
using Microsoft.Extensions.Options;

namespace LoraHub.Api.Pages;

/// <summary>Trainings: the list, a new one, and one of them live.</summary>
static class TrainingRoutes
{
    const int PageSize = 50;

    /// <summary>The value of the button that starts a training; the other one checks it.</summary>
    const string Start = TrainingPage.Start;

    public static void MapTrainings(this IEndpointRouteBuilder pages)
    {
        pages.MapGet("/trainings", ListAsync).WithMetadata(new ForBrowsers());
        pages.MapGet("/trainings/new", NewAsync).WithMetadata(new ForBrowsers());
        pages.MapGet("/trainings/{id}", ShowAsync).WithMetadata(new ForBrowsers());
        pages.MapPost("/pages/trainings", CheckOrStartAsync)
            .WithScope(TokenScope.Predict).WithScope(TokenScope.Publish).WithMetadata(new ReadsStreamedForm());
        pages.MapPost("/pages/trainings/{id}/prompt", PromptAsync).WithMetadata(new HoldsInputs());
    }

    static async Task<IResult> ListAsync(
        HttpContext http, PageAnswers answers, IPredictionStore store, IOptions<LimitsOptions> limits, string? cursor)
    {
        var position = cursor is not null && ListCursor.Read(cursor) is var (at, id) ? new PredictionPosition(at, id) : null;
        var query = new PredictionQuery { Kinds = PredictionKinds.Trainings, After = position, Limit = PageSize, Bytes = limits.Value.PageBytes };
        var (found, hasMore) = await store.ListAsync(query, http.RequestAborted);
        return answers.Page<TrainingListPage>(http, new()
        {
            [nameof(TrainingListPage.Trainings)] = found,
            [nameof(TrainingListPage.Older)] = hasMore ? ListCursor.NextUrl(http.Request, found[^1].CreatedAt, found[^1].Id) : null,
        });
    }

    /// <summary>The form: empty, of an earlier training (<paramref name="from"/>), or to go on from a module.</summary>
    static async Task<IResult> NewAsync(
        HttpContext http, PageAnswers answers, NewTraining training, IPredictionStore store, string? from, string? module)
    {
        if (from is null)
        {
            var input = new JsonObject { [TrainingSchema.Type] = TrainingSchema.Tune };
            if (module is not null)
            {
                input[TrainingSchema.InitFrom] = module;
            }

            return training.Form(http, await training.DraftAsync(http, "", input), null, []);
        }

        return await store.FindAsync(from, PredictionKinds.Trainings, http.RequestAborted) is { } earlier
            ? training.Form(http, await training.DraftAsync(http, earlier.Created.Destination ?? "", earlier.Input.DeepClone().AsObject()), null, [])
            : answers.Problem(http, StatusCodes.Status404NotFound, "There is no such training.", "/trainings");
    }

    static async Task<IResult> CheckOrStartAsync(HttpContext http, StreamedForm forms, NewTraining training)
    {
        var (form, file) = await forms.ReadAsync(http);
        var draft = await training.ReadAsync(http, form, file);
        return form[TrainingPage.Action] == Start ? await training.StartAsync(http, draft) : await training.CheckAsync(http, draft);
    }

    static Task<IResult> ShowAsync(HttpContext http, PageAnswers answers, LiveRuns runs, string id) =>
        PageAsync(http, answers, runs, id, FormDraft.None, StatusCodes.Status200OK);

    /// <param name="draft">A prompt that was refused.</param>
    static async Task<IResult> PageAsync(HttpContext http, PageAnswers answers, LiveRuns runs, string id, FormDraft draft, int statusCode)
    {
        if (await runs.OpenAsync(id, PredictionKinds.Trainings, http) is not { } run)
        {
            return answers.Problem(http, StatusCodes.Status404NotFound, "There is no such training.", "/trainings");
        }

        return answers.Page<TrainingView>(http, new()
        {
            [nameof(TrainingView.Run)] = run,
            [nameof(TrainingView.Links)] = (Func<Prediction, RunLinks>)(training => runs.LinksOf(training, http.Request)),
            [nameof(TrainingView.Draft)] = draft,
        }, statusCode);
    }

    /// <summary>Answers a prompt with the version that a training made.</summary>
    static async Task<IResult> PromptAsync(
        HttpContext http, PageAnswers answers, IPredictionStore store, [AsParameters] ReplicateServices services, LiveRuns runs, string id)
    {
        var back = $"/trainings/{Uri.EscapeDataString(id)}";
        var prompt = PlaygroundForm.Untrimmed(http.Request.Form, PromptSchema.Prompt);
        var version = (await store.FindAsync(id, PredictionKinds.Trainings, http.RequestAborted))?.Output?.Version;
        var model = version is null ? null : await services.Models.FindVersionAsync(version, http.RequestAborted);
        if (model is null or { Problem: not null })
        {
            var reason = version is null ? "This training published no version." : model?.Problem ?? "The version was deleted.";
            return answers.Problem(http, StatusCodes.Status409Conflict, reason, back);
        }

        var input = new JsonObject { [PromptSchema.Prompt] = prompt };
        return await PlaygroundRoutes.CreateAsync(http, services, input, model, RefuseAsync);

        Task<IResult> RefuseAsync(IReadOnlyList<InputError> errors, int statusCode) =>
            PageAsync(http, answers, runs, id, FormDraft.OfPrompt(prompt, errors), statusCode);
    }
}
