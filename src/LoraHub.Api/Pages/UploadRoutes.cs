using LoraHub.Api.Http;
using LoraHub.Api.Modules;
using LoraHub.Api.Security;
using LoraHub.Modules.Versions;
using LoraHub.Web.Library;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LoraHub.Api.Pages;

/// <summary>
/// Uploading a module. Its form is read as a stream, once and in order: first the form's token, then the module's name, then what the API's route
/// reads. So nothing of a form that was not made here is stored, and no file is kept in memory.
/// </summary>
static class UploadRoutes
{
    const string Path = "/modules/new", Destination = "destination";

    public static void MapUpload(this IEndpointRouteBuilder pages)
    {
        pages.MapGet(Path, (HttpContext http, PageAnswers answers, string? destination) => Form(http, answers, destination ?? "", error: null))
            .WithScope(TokenScope.Publish);
        pages.MapPost("/pages/modules", UploadAsync).WithScope(TokenScope.Publish).WithMetadata(new ReadsStreamedForm());
    }

    static async Task<IResult> UploadAsync(HttpContext http, PageAnswers answers, PageForms forms, PublishEndpoint publisher)
    {
        var destination = "";
        try
        {
            var parts = publisher.OpenForm(http.Request);
            if (!await forms.IsOwnAsync(http, new FormField(forms.TokenName, await ReadAsync(parts, forms.TokenName, http))))
            {
                return answers.Problem(http, StatusCodes.Status400BadRequest, PageForms.ForeignForm, Path);
            }

            destination = (await ReadAsync(parts, Destination, http)).Trim();
            var answer = ModelId.IsValid(destination)
                ? await publisher.PublishFormAsync(destination, http, () => parts)
                : Problems.Fields([new InvalidField("invalid_value", Destination, ResultPublication.Rule)]);
            return Problem(answer) is { } problem
                ? Form(http, answers, destination, problem)
                : TypedResults.LocalRedirect(LibraryRoutes.AfterPublication(answer));
        }
        catch (RequestRefusedException refused) when (Problem(refused.Answer) is { } problem)
        {
            return Form(http, answers, destination, problem);
        }
    }

    /// <returns>The text of the form's next field; empty if that is another one.</returns>
    static async Task<string> ReadAsync(FormParts parts, string field, HttpContext http) =>
        await parts.NextAsync(http.RequestAborted) is { FileName: null } part && part.Name == field
            ? await parts.ReadTextAsync(part, http.RequestAborted)
            : "";

    static Problem? Problem(IResult answer) => (answer as IValueHttpResult)?.Value as Problem;

    static RazorComponentResult Form(HttpContext http, PageAnswers answers, string destination, Problem? error) => answers.Page<UploadPage>(
        http,
        new() { [nameof(UploadPage.Destination)] = destination, [nameof(UploadPage.Errors)] = error is null ? [] : ProblemErrors.Of(error) },
        error?.Status ?? StatusCodes.Status200OK);
}
