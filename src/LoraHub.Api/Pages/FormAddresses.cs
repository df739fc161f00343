using LoraHub.Core.Predictions;

namespace LoraHub.Api.Pages;

/// <summary>
/// The addresses of forms, opened as pages: after an error a browser shows the form's own address, which a visitor may reload or keep. Each leads
/// to the page that has the form.
/// </summary>
static class FormAddresses
{
    static readonly (string Form, string Page)[] All =
    [
        ("/pages/predictions", "/"),
        ("/pages/predictions/{id}/prompt", "/predictions/{id}"),
        ("/pages/predictions/{id}/publish", "/predictions/{id}"),
        ("/pages/trainings", "/trainings/new"),
        ("/pages/trainings/{id}/prompt", "/trainings/{id}"),
        ("/pages/modules", "/modules/new"),
        ("/pages/modules/{owner}/{name}/quarantine", "/modules/{owner}/{name}"),
        ("/pages/modules/{owner}/{name}/release", "/modules/{owner}/{name}"),
        ("/pages/models/{owner}/{name}/predictions", "/modules/{owner}/{name}"),
    ];

    public static void MapFormAddresses(this IEndpointRouteBuilder pages)
    {
        foreach (var (form, page) in All)
        {
            pages.MapGet(form, (HttpContext http) => TypedResults.LocalRedirect(Fill(page, http.Request.RouteValues)));
        }

        pages.MapGet("/pages/runs/{id}/cancel", async (HttpContext http, IPredictionStore store, string id) =>
        {
            var isTraining = await store.FindCreatedAsync(id, http.RequestAborted) is { Kind: PredictionKind.Train };
            return TypedResults.LocalRedirect(Fill(isTraining ? "/trainings/{id}" : "/predictions/{id}", http.Request.RouteValues));
        });
    }

    static string Fill(string page, RouteValueDictionary values) =>
        values.Aggregate(page, (path, value) => path.Replace($"{{{value.Key}}}", Uri.EscapeDataString($"{value.Value}"), StringComparison.Ordinal));
}
