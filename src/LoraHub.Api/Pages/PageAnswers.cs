using LoraHub.Api.Http;
using LoraHub.Api.Security;
using LoraHub.Web.Layout;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;

namespace LoraHub.Api.Pages;

/// <summary>Answers with pages, and with what the routes of the API answered, shown as a page.</summary>
sealed class PageAnswers(IAntiforgery antiforgery, Tokens tokens, IOptions<ApiOptions> api)
{
    public const string ForeignForm = "This form is too old, or was not made here. Open the page again and repeat it.";

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

    /// <summary>Whether the form was made by this service for this visitor.</summary>
    /// <exception cref="BodyRefusedException">The form is larger than a prediction may be, or could not be read.</exception>
    public async Task<bool> IsOwnFormAsync(HttpContext http)
    {
        if (http.Request.HasFormContentType)
        {
            await ReadFormAsync(http);
        }

        return await antiforgery.IsRequestValidAsync(http);
    }

    /// <summary>
    /// Reads the form within the limits of a prediction's input. Otherwise the check of the form would take any error for a false token.
    /// </summary>
    async Task ReadFormAsync(HttpContext http)
    {
        try
        {
            await http.ReadBodyAsync(() => http.Request.ReadFormAsync(http.RequestAborted));
        }
        catch (InvalidDataException exception)
        {
            throw new BodyRefusedException(
                StatusCodes.Status413PayloadTooLarge, "The form has more rows or more text than a prediction may have.", exception);
        }
        catch (IOException exception)
        {
            throw BodyRefusedException.From(exception, BodyBytes.TooLarge(api.Value.MaxRequestBody))!;
        }
    }

    static string TitleOf(int statusCode) => statusCode switch
    {
        StatusCodes.Status403Forbidden => "Not permitted",
        StatusCodes.Status404NotFound => "Not found",
        StatusCodes.Status413PayloadTooLarge => "Too large",
        StatusCodes.Status429TooManyRequests => "Too many requests",
        >= StatusCodes.Status500InternalServerError => "The service has a problem",
        _ => "The request was refused",
    };

    /// <summary>The same for a form that is read as a stream.</summary>
    /// <param name="token">The form's token, its first field.</param>
    public Task<bool> IsOwnFormAsync(HttpContext http, string token)
    {
        if (token.Length == 0)
        {
            return Task.FromResult(false);
        }

        http.Request.Headers[antiforgery.GetTokens(http).HeaderName!] = token; // else it is looked for in the body, which is stored for that
        return antiforgery.IsRequestValidAsync(http);
    }

    /// <summary>The name of the field that has a form's token.</summary>
    public string FormField(HttpContext http) => antiforgery.GetTokens(http).FormFieldName;

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
