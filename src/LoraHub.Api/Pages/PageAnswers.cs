using LoraHub.Api.Http;
using LoraHub.Api.Security;
using LoraHub.Web.Layout;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LoraHub.Api.Pages;

/// <summary>Answers with pages, and with what the routes of the API answered, shown as a page.</summary>
sealed class PageAnswers(IAntiforgery antiforgery, Tokens tokens, PageCookie cookie)
{
    /// <param name="parameters">The page's parameters, without the viewer.</param>
    public RazorComponentResult Page<TPage>(HttpContext http, Dictionary<string, object?> parameters, int statusCode = StatusCodes.Status200OK)
        where TPage : IComponent
    {
        PageRoute.Mark(http);
        parameters["Viewer"] = ViewerOf(http);
        return new RazorComponentResult(typeof(TPage), parameters) { StatusCode = statusCode };
    }

    /// <summary>Why a request was refused: a page for browsers, a problem in JSON for programs.</summary>
    /// <param name="back">The path of the page to go back to.</param>
    public IResult Problem(HttpContext http, int statusCode, string detail, string back = "/") => HtmlRoutes.WantsHtml(http.Request)
        ? Page<ProblemPage>(
            http,
            new()
            {
                [nameof(ProblemPage.Title)] = TitleOf(statusCode),
                [nameof(ProblemPage.Detail)] = detail,
                [nameof(ProblemPage.Back)] = back,
            },
            statusCode)
        : Problems.Because(statusCode, null, detail);

    /// <summary>What a route of the API answered: its problem as a page, or else another page.</summary>
    /// <param name="next">The path of the page to show if there is no problem.</param>
    /// <param name="back">The path of the page to go back to if there is one.</param>
    public IResult Of(HttpContext http, IResult answer, string next, string back) =>
        answer is IValueHttpResult { Value: Problem problem }
            ? Problem(http, problem.Status, problem.Detail, back)
            : TypedResults.LocalRedirect(next);

    static string TitleOf(int statusCode) => statusCode switch
    {
        StatusCodes.Status403Forbidden => "Not permitted",
        StatusCodes.Status404NotFound => "Not found",
        StatusCodes.Status413PayloadTooLarge => "Too large",
        StatusCodes.Status429TooManyRequests => "Too many requests",
        >= StatusCodes.Status500InternalServerError => "The service has a problem",
        _ => "The request was refused",
    };

    Viewer ViewerOf(HttpContext http)
    {
        var form = antiforgery.GetAndStoreTokens(http);
        var visitor = http.User.Identity is { IsAuthenticated: true } ? http.User : VisitorOf(http);
        var has = (TokenScope scope) => !tokens.Any || (visitor is not null && TokenScopes.Has(visitor, scope));
        return new Viewer(
            visitor?.Identity?.Name,
            tokens.Any,
            has(TokenScope.Predict),
            has(TokenScope.Publish),
            has(TokenScope.Admin),
            new FormToken(form.FormFieldName, form.RequestToken!));
    }

    /// <summary>Who sees an error on a path without a page, where nobody was asked for a token.</summary>
    System.Security.Claims.ClaimsPrincipal? VisitorOf(HttpContext http) =>
        tokens.Of(cookie.TokenOf(http.Request)) is { } token ? TokenScopes.Principal(token) : null;
}
