using LoraHub.Api.Security;
using LoraHub.Web.Access;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LoraHub.Api.Pages;

/// <summary>Signing in with a token, and out.</summary>
static class AccessRoutes
{
    public static void MapAccess(this IEndpointRouteBuilder pages)
    {
        pages.MapGet(PageRoute.SignIn, (HttpContext http, PageAnswers answers, string? @return) => Form(http, answers, @return, failed: false))
            .AllowAnonymous();
        pages.MapPost("/pages/sign-in", SignIn).AllowAnonymous().WithMetadata(new TakesTokens());
        pages.MapPost("/pages/sign-out", SignOut).AllowAnonymous();
    }

    static IResult SignIn(HttpContext http, PageAnswers answers, PageCookie cookie, Tokens tokens)
    {
        var form = http.Request.Form;
        var token = PlaygroundForm.Text(form, "token");
        if (tokens.Of(token) is null)
        {
            return Form(http, answers, form["return"], failed: true);
        }

        cookie.Set(http, token);
        return TypedResults.LocalRedirect(PathOf(form["return"]));
    }

    static RedirectHttpResult SignOut(HttpContext http)
    {
        PageCookie.Delete(http);
        return TypedResults.LocalRedirect(PageRoute.SignIn);
    }

    static RazorComponentResult Form(HttpContext http, PageAnswers answers, string? next, bool failed) => answers.Page<SignInPage>(
        http,
        new() { [nameof(SignInPage.Return)] = PathOf(next), [nameof(SignInPage.Failed)] = failed },
        failed ? StatusCodes.Status401Unauthorized : StatusCodes.Status200OK);

    /// <summary>A path of this service: another site must not choose where a visitor goes after signing in.</summary>
    static string PathOf(string? given) =>
        given is ['/', ..] and not ['/', '/' or '\\', ..] && Uri.IsWellFormedUriString(given, UriKind.Relative) ? given : "/";
}
