using System.Text.Json.Nodes;
using LoraHub.Api.Http;
using LoraHub.Api.Models;
using LoraHub.Api.Modules;
using LoraHub.Api.Replicate.Predictions;
using LoraHub.Api.Security;
using LoraHub.Core;
using LoraHub.Core.Predictions;
using LoraHub.Core.Predictions.Inputs;
using LoraHub.Inference.Adaptation;
using LoraHub.Modules.Versions;
using LoraHub.Web.Playground;
using LoraHub.Web.Predictions;
using Microsoft.Extensions.Options;

namespace LoraHub.Api.Pages;

/// <summary>Predictions: the list, one of them live, two of them side by side, and what can be done with a result.</summary>
static class PredictionRoutes
{
    public const string Path = "/predictions";

    const int PageSize = 50;

    const string Unknown = "There is no such prediction.";

    public static void MapPredictions(this IEndpointRouteBuilder pages)
    {
        pages.MapGet(Path, ListAsync).WithMetadata(new ForBrowsers());
        pages.MapGet("/predictions/{id}", ShowAsync).WithMetadata(new ForBrowsers());
        pages.MapGet("/compare", CompareAsync); // not under /predictions, where every name may be a prediction's
        pages.MapPost("/pages/predictions/{id}/prompt", PromptAsync).WithMetadata(new HoldsInputs());
        pages.MapPost("/pages/predictions/{id}/publish", PublishAsync).WithScope(TokenScope.Publish);
        pages.MapPost("/pages/runs/{id}/cancel", CancelAsync);
    }

    /// <summary>The path of a prediction's page.</summary>
    public static string PathOf(string id) => $"{Path}/{Uri.EscapeDataString(id)}";

    /// <param name="status">Shows only predictions in this state.</param>
    /// <param name="kind">Shows only predictions of this kind.</param>
    static async Task<IResult> ListAsync(
        HttpContext http,
        PageAnswers answers,
        IPredictionStore store,
        Composer composer,
        IOptions<LimitsOptions> limits,
        string? status,
        string? kind,
        string? cursor)
    {
        var (inState, ofKind) = (Read<PredictionStatus>(status), Read<PredictionKind>(kind));
        var position = cursor is not null && ListCursor.Read(cursor) is var (at, id) ? new PredictionPosition(at, id) : null;
        var (found, hasMore) = await store.ListAsync(
            new PredictionQuery
            {
                Kinds = ofKind is { } only && PredictionKinds.Predictions.Contains(only) ? [only] : PredictionKinds.Predictions,
                Statuses = inState is { } state ? [state] : null,
                After = position,
                Limit = PageSize,
                Bytes = limits.Value.PageBytes,
            },
            http.RequestAborted);
        return answers.Page<PredictionListPage>(http, new()
        {
            [nameof(PredictionListPage.Predictions)] = found,
            [nameof(PredictionListPage.Composer)] = composer.Name,
            [nameof(PredictionListPage.Status)] = inState,
            [nameof(PredictionListPage.Kind)] = ofKind,
            [nameof(PredictionListPage.IsFirst)] = position is null,
            [nameof(PredictionListPage.Older)] = hasMore ? ListCursor.NextUrl(http.Request, found[^1].CreatedAt, found[^1].Id) : null,
        });
    }

    /// <returns>Null unless the text is one of the names.</returns>
    static T? Read<T>(string? word)
        where T : struct, Enum => Enum.GetValues<T>().Cast<T?>().FirstOrDefault(
        value => string.Equals($"{value}", word, StringComparison.OrdinalIgnoreCase));

    static Task<IResult> ShowAsync(HttpContext http, PageAnswers answers, LiveRuns runs, string id) =>
        PageAsync(http, answers, runs, id, FormDraft.None, StatusCodes.Status200OK);

    /// <param name="draft">A form of the page that was refused.</param>
    static async Task<IResult> PageAsync(HttpContext http, PageAnswers answers, LiveRuns runs, string id, FormDraft draft, int statusCode)
    {
        if (await runs.OpenAsync(id, PredictionKinds.Predictions, http) is not { } run)
        {
            return answers.Problem(http, StatusCodes.Status404NotFound, Unknown, Path);
        }

        return answers.Page<PredictionView>(http, new()
        {
            [nameof(PredictionView.Run)] = run,
            [nameof(PredictionView.Links)] = (Func<Prediction, RunLinks>)(prediction => runs.LinksOf(prediction, http.Request)),
            [nameof(PredictionView.IsRight)] = (Func<string, string, bool>)ExactMatch.IsRight,
            [nameof(PredictionView.Draft)] = draft,
        }, statusCode);
    }

    static async Task<IResult> CompareAsync(HttpContext http, PageAnswers answers, IPredictionStore store, string? a, string? b)
    {
        if (a is null || b is null)
        {
            return answers.Problem(http, StatusCodes.Status400BadRequest, "Choose two predictions in the list.", Path);
        }

        if (a == b)
        {
            return answers.Problem(http, StatusCodes.Status400BadRequest, "A and B are the same prediction. Choose two different ones.", Path);
        }

        var one = await store.FindAsync(a, [PredictionKind.Compose], http.RequestAborted);
        var other = await store.FindAsync(b, [PredictionKind.Compose], http.RequestAborted);
        if (one is null || other is null)
        {
            return answers.Problem(http, StatusCodes.Status404NotFound, "One of these is not a prediction of the composer.", Path);
        }

        return answers.Page<ComparePage>(http, new()
        {
            [nameof(ComparePage.A)] = one,
            [nameof(ComparePage.B)] = other,
            [nameof(ComparePage.IsRight)] = (Func<string, string, bool>)ExactMatch.IsRight,
        });
    }

    /// <summary>Answers a prompt: with an earlier result, without a search; or with the model of an earlier prompt and its other inputs.</summary>
    static async Task<IResult> PromptAsync(
        HttpContext http, PageAnswers answers, [AsParameters] ReplicateServices services, IPredictionStore store, LiveRuns runs, string id)
    {
        var prompt = PlaygroundForm.Untrimmed(http.Request.Form, PromptSchema.Prompt);
        if (await store.FindCreatedAsync(id, http.RequestAborted) is not { } earlier)
        {
            return answers.Problem(http, StatusCodes.Status404NotFound, Unknown, Path);
        }

        if (earlier.Kind != PredictionKind.Generate)
        {
            var input = new JsonObject { [InputSchema.Adapter] = id, [InputSchema.TestInputs] = new JsonArray(prompt) };
            return await PlaygroundRoutes.CreateAsync(http, services, input, model: null, RefuseAsync);
        }

        if (await services.Models.FindAsync(earlier.Model!, earlier.Version, http.RequestAborted) is not { Problem: null } model)
        {
            return answers.Problem(http, StatusCodes.Status404NotFound, "The model of this prediction can no longer be called.", PathOf(id));
        }

        var changed = earlier.Input.DeepClone().AsObject();
        changed[PromptSchema.Prompt] = prompt;
        return await PlaygroundRoutes.CreateAsync(http, services, changed, model, RefuseAsync);

        Task<IResult> RefuseAsync(IReadOnlyList<InputError> errors, int statusCode) =>
            PageAsync(http, answers, runs, id, FormDraft.OfPrompt(prompt, errors), statusCode);
    }

    static async Task<IResult> PublishAsync(HttpContext http, PageAnswers answers, ResultPublication publication, LiveRuns runs, string id)
    {
        var destination = PlaygroundForm.Text(http.Request.Form, ResultPublication.Destination);
        var answer = ModelId.IsValid(destination)
            ? await publication.PublishAsync(id, destination, http)
            : Problems.Because(StatusCodes.Status422UnprocessableEntity, null, ResultPublication.Rule);
        if (answer is not IValueHttpResult { Value: Problem problem })
        {
            return TypedResults.LocalRedirect(LibraryRoutes.AfterPublication(answer));
        }

        var draft = new FormDraft(
            new JsonObject { [ResultPublication.Destination] = destination }, ProblemErrors.Of(problem, ResultPublication.Destination));
        return await PageAsync(http, answers, runs, id, draft, problem.Status);
    }

    static async Task<IResult> CancelAsync(HttpContext http, PageAnswers answers, IPredictionStore store, IPredictionQueue queue, string id)
    {
        if (await store.FindCreatedAsync(id, http.RequestAborted) is not { } run)
        {
            return answers.Problem(http, StatusCodes.Status404NotFound, Unknown, Path);
        }

        await queue.CancelAsync(id, http.RequestAborted);
        return TypedResults.LocalRedirect(run.Kind == PredictionKind.Train ? $"/trainings/{Uri.EscapeDataString(id)}" : PathOf(id));
    }
}
