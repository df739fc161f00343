using LoraHub.Api.Http;
using LoraHub.Api.Security;
using LoraHub.Web.Layout;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LoraHub.Api.Pages;

/// <summary>Answers with pages, and with what the routes of the API answered, shown as a page.</summary>
sealed class PageAnswers(IAntiforgery antiforgery, Tokens tokens)
{
    /// <param name="parameters">The page's parameters, without the viewer.</param>
    public RazorComponentResult Page<TPage>(HttpContext http, Dictionary<string, object?> parameters, int statusCode = StatusCodes.Status200OK)
        where TPage : IComponent
    {
        parameters["Viewer"] = ViewerOf(http);
        return new RazorComponentResult(typeof(TPage), parameters) { StatusCode = statusCode };
    }

    /// <param name="back">The path of the page to go back to.</param>
    public RazorComponentResult Problem(HttpContext http, int statusCode, string detail, string back = "/") => Page<ProblemPage>(
        http,
        new()
        {
            [nameof(ProblemPage.Title)] = statusCode == StatusCodes.Status404NotFound ? "Not found" : "That did not work",
            [nameof(ProblemPage.Detail)] = detail,
            [nameof(ProblemPage.Back)] = back,
        },
        statusCode);

    /// <summary>What a route of the API answered: its problem as a page, or else another page.</summary>
    /// <param name="next">The path of the page to show if there is no problem.</param>
    /// <param name="back">The path of the page to go back to if there is one.</param>
    public IResult Of(HttpContext http, IResult answer, string next, string back) =>
        answer is IValueHttpResult { Value: Problem problem }
            ? Problem(http, problem.Status, problem.Detail, back)
            : TypedResults.LocalRedirect(next);

    /// <summary>Whether the form was made by this service for this visitor.</summary>
    public Task<bool> IsOwnFormAsync(HttpContext http) => antiforgery.IsRequestValidAsync(http);

    Viewer ViewerOf(HttpContext http)
    {
        var form = antiforgery.GetAndStoreTokens(http);
        var has = (TokenScope scope) => !tokens.Any || (http.User.Identity is { IsAuthenticated: true } && TokenScopes.Has(http.User, scope));
        return new Viewer(
            http.User.Identity?.Name,
            tokens.Any,
            has(TokenScope.Predict),
            has(TokenScope.Publish),
            has(TokenScope.Admin),
            new FormToken(form.FormFieldName, form.RequestToken!));
    }
}
