using LoraHub.Api.Http;
using LoraHub.Api.Security;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.Extensions.Options;

namespace LoraHub.Api.Pages;

/// <summary>Writes errors as pages: for browsers, on the paths of pages and on paths without a route.</summary>
sealed class PageErrorFormat(IOptions<PageOptions> options, PageAnswers answers) : IErrorFormat
{
    public bool Covers(HttpContext http)
    {
        if (!options.Value.Enabled || !HtmlRoutes.WantsHtml(http.Request))
        {
            return false;
        }

        var endpoint = http.Features.Get<IExceptionHandlerFeature>()?.Endpoint ?? http.GetEndpoint();
        return endpoint is null ? !V1.Covers(http.Request.Path) : PageRoute.Covers(endpoint);
    }

    public IResult Error(HttpContext http, int statusCode, string? title, string detail) => answers.Problem(http, statusCode, detail);

    public IResult Unhandled(HttpContext http) => answers.Problem(
        http,
        http.Response.StatusCode,
        http.Response.StatusCode == StatusCodes.Status404NotFound ? "There is no page with this address." : "This address cannot be opened.");
}
