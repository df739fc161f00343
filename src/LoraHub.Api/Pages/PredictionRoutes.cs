using System.Text.Json.Nodes;
using LoraHub.Api.Http;
using LoraHub.Api.Models;
using LoraHub.Api.Modules;
using LoraHub.Api.Predictions;
using LoraHub.Api.Security;
using LoraHub.Core;
using LoraHub.Core.Predictions;
using LoraHub.Core.Predictions.Inputs;
using LoraHub.Modules.Versions;
using LoraHub.Web.Predictions;
using Microsoft.Extensions.Options;

namespace LoraHub.Api.Pages;

/// <summary>Predictions: the list, one of them live, and what can be done with its result.</summary>
static class PredictionRoutes
{
    const int PageSize = 50;

    public static void MapPredictions(this IEndpointRouteBuilder pages)
    {
        pages.MapGet("/predictions", ListAsync).WithMetadata(new ForBrowsers());
        pages.MapGet("/predictions/{id}", ShowAsync).WithMetadata(new ForBrowsers());
        pages.MapPost("/pages/predictions/{id}/prompt", PromptAsync);
        pages.MapPost("/pages/predictions/{id}/publish", PublishAsync).WithScope(TokenScope.Publish);
        pages.MapPost("/pages/runs/{id}/cancel", CancelAsync);
    }

    static async Task<IResult> ListAsync(
        HttpContext http, PageAnswers answers, IPredictionStore store, Composer composer, IOptions<LimitsOptions> limits, string? cursor)
    {
        var position = cursor is not null && ListCursor.Read(cursor) is var (at, id) ? new PredictionPosition(at, id) : null;
        var query = new PredictionQuery { Kinds = PredictionKinds.Predictions, After = position, Limit = PageSize, Bytes = limits.Value.PageBytes };
        var (found, hasMore) = await store.ListAsync(query, http.RequestAborted);
        return answers.Page<PredictionListPage>(http, new()
        {
            [nameof(PredictionListPage.Predictions)] = found,
            [nameof(PredictionListPage.Composer)] = composer.Name,
            [nameof(PredictionListPage.Older)] = hasMore ? ListCursor.NextUrl(http.Request, found[^1].CreatedAt, found[^1].Id) : null,
        });
    }

    static async Task<IResult> ShowAsync(HttpContext http, PageAnswers answers, LiveRuns runs, string id)
    {
        if (await runs.OpenAsync(id, PredictionKinds.Predictions, http) is not { } run)
        {
            return answers.Problem(http, StatusCodes.Status404NotFound, "There is no such prediction.", "/predictions");
        }

        return answers.Page<PredictionView>(http, new()
        {
            [nameof(PredictionView.Run)] = run,
            [nameof(PredictionView.Links)] = (Func<Prediction, RunLinks>)(prediction => runs.LinksOf(prediction, http.Request)),
        });
    }

    /// <summary>Answers a prompt with an earlier result, without a search.</summary>
    static async Task<IResult> PromptAsync(
        HttpContext http, PageAnswers answers, PredictionIntake intake, IOptions<QueueOptions> queue, string id)
    {
        var prompt = PlaygroundForm.Text(await http.Request.ReadFormAsync(http.RequestAborted), InputSchema.TestInputs);
        var input = new JsonObject { [InputSchema.Adapter] = id, [InputSchema.TestInputs] = new JsonArray(prompt) };
        return await PlaygroundRoutes.CreateAsync(http, answers, intake, queue.Value.Capacity, input, errors => answers.Problem(
            http,
            StatusCodes.Status422UnprocessableEntity,
            string.Join('\n', errors.Select(error => error.Message)),
            $"/predictions/{id}"));
    }

    static async Task<IResult> PublishAsync(HttpContext http, PageAnswers answers, ResultPublication publication, string id)
    {
        var destination = PlaygroundForm.Text(await http.Request.ReadFormAsync(http.RequestAborted), ResultPublication.Destination);
        if (!ModelId.IsValid(destination))
        {
            return answers.Problem(http, StatusCodes.Status422UnprocessableEntity, ResultPublication.Rule, $"/predictions/{id}");
        }

        return answers.Of(
            http, await publication.PublishAsync(id, destination, http), next: $"/modules/{destination}", back: $"/predictions/{id}");
    }

    static async Task<IResult> CancelAsync(HttpContext http, IPredictionStore store, IPredictionQueue queue, string id)
    {
        await queue.CancelAsync(id, http.RequestAborted);
        var isTraining = await store.FindCreatedAsync(id, http.RequestAborted) is { Kind: PredictionKind.Train };
        return TypedResults.LocalRedirect($"/{(isTraining ? "trainings" : "predictions")}/{Uri.EscapeDataString(id)}");
    }
}
