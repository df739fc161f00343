using LoraHub.Api.Http;
using LoraHub.Api.Security;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.Extensions.Options;

namespace LoraHub.Api.Pages;

/// <summary>
/// Writes errors as pages, for browsers: on the paths of pages and on paths without a route; and on those of Replicate's API and of files, where
/// somebody opened an address that leads nowhere.
/// </summary>
sealed class PageErrorFormat(IOptions<PageOptions> options, PageAnswers answers) : IErrorFormat
{
    public bool Covers(HttpContext http)
    {
        if (!options.Value.Enabled || !HtmlRoutes.WantsHtml(http.Request))
        {
            return false;
        }

        var endpoint = http.Features.Get<IExceptionHandlerFeature>()?.Endpoint ?? http.GetEndpoint();
        return PageRoute.Covers(endpoint)
            || (endpoint is null && !V1.Covers(http.Request.Path))
            || (IsVisit(http) && !BarePaths.Covers(http.Request.Path));
    }

    /// <summary>Whether a browser opens an address, or looks what is there.</summary>
    public static bool IsVisit(HttpContext http) =>
        (HttpMethods.IsGet(http.Request.Method) || HttpMethods.IsHead(http.Request.Method)) && HtmlRoutes.WantsHtml(http.Request);

    public IResult Error(HttpContext http, int statusCode, string? title, string detail) => answers.Problem(http, statusCode, detail);

    public IResult Unhandled(HttpContext http) => answers.Problem(http, http.Response.StatusCode, http.Response.StatusCode switch
    {
        StatusCodes.Status404NotFound when http.GetEndpoint() is not null => "Nothing is stored at this address. It may have been removed.",
        StatusCodes.Status404NotFound => "There is no page with this address.",
        _ => "This address cannot be opened.",
    });
}
