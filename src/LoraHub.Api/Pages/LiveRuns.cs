using LoraHub.Api.Http;
using LoraHub.Api.Models;
using LoraHub.Api.Predictions;
using LoraHub.Api.Worker;
using LoraHub.Core.Predictions;
using LoraHub.Web.Live;
using LoraHub.Web.Predictions;

namespace LoraHub.Api.Pages;

/// <summary>Opens predictions and trainings for pages, which follow them while they are open.</summary>
sealed class LiveRuns(
    IPredictionStore store,
    IPredictionEvents events,
    OpenStreams open,
    GracefulStop stop,
    Composer composer,
    ModelCatalog models,
    TimeProvider time)
{
    /// <returns>Null if there is no such run of these kinds.</returns>
    /// <exception cref="RequestRefusedException">Too many pages and streams are open.</exception>
    public async Task<LiveRun?> OpenAsync(string id, IReadOnlyList<PredictionKind> kinds, HttpContext http)
    {
        if (await store.FindAsync(id, kinds, http.RequestAborted) is not { } found)
        {
            return null;
        }

        if (found.IsTerminal)
        {
            var past = new LiveRun(new Prediction(found.Created), events.ReadAsync(id, 0, http.RequestAborted), time, http.RequestAborted);
            await past.ReadPastAsync();
            past.Replace(found);
            return past;
        }

        http.Response.RegisterForDispose(open.TryOpen() ?? throw new RequestRefusedException(
            Problems.Because(StatusCodes.Status429TooManyRequests, null, "Too many pages are open; try again when one has closed.")));
        var leaving = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, stop.Over);
        http.Response.RegisterForDispose(leaving);
        http.Response.Headers["X-Accel-Buffering"] = "no"; // else nginx keeps the page until it is complete
        var body = new PacedBody(http.Response.Body);
        http.Response.Body = body;
        return new LiveRun(new Prediction(found.Created), events.ReadAsync(id, 0, leaving.Token), time, leaving.Token) { Sent = () => body.Sent };
    }

    public RunLinks LinksOf(Prediction run, HttpRequest request)
    {
        var urls = new ResultUrls("");
        var model = run.Created.Model;
        return new RunLinks(
            model ?? composer.Name,
            run.Created.Version ?? composer.Version,
            Origin.Of(request),
            urls.Of(run.Output?.Adapter, ResultUrls.Adapter),
            urls.Of(run.Output?.Checkpoint, ResultUrls.Checkpoint),
            urls.Of(run.Output?.Trace, ResultUrls.Trace))
        {
            ModelPage = model is null ? "/" : models.IsOfService(model) ? null : $"/modules/{model}",
        };
    }
}
