using LoraHub.Api.Http;
using LoraHub.Api.Models;
using LoraHub.Api.Security;
using LoraHub.Core;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.AspNetCore.DataProtection.Repositories;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Options;

namespace LoraHub.Api.Pages;

/// <summary>
/// The pages: what a person sees in a browser. Each page is a component of LoraHub.Web; here is what it shows and what its forms do.
/// </summary>
static class PageServices
{
    public const string ForeignForm = "This form is too old, or was not made here. Open the page again and repeat it.";

    public static IServiceCollection AddPages(this IServiceCollection services)
    {
        services.AddOptions<PageOptions>().BindConfiguration(PageOptions.Section);
        services.AddRazorComponents();
        services.AddAntiforgery(options =>
        {
            options.Cookie.Name = "lorahub-form";
            options.SuppressXFrameOptionsHeader = true; // the Content-Security-Policy says it
        });
        services.AddDataProtection().SetApplicationName("lorahub").DisableAutomaticKeyGeneration();
        services.AddSingleton<IXmlRepository, PageKeys>();
        services.AddOptions<KeyManagementOptions>().Configure<IXmlRepository>((options, keys) => options.XmlRepository = keys);
        services.AddSingleton<MatcherPolicy, HtmlRoutes>();
        services.AddOptions<FormOptions>().Configure<IOptions<LimitsOptions>>(Bound);
        return services.AddSingleton<PageAnswers>().AddSingleton<LiveRuns>().AddSingleton<IErrorFormat, PageErrorFormat>();
    }

    public static void MapPages(this WebApplication app)
    {
        if (!app.Services.GetRequiredService<IOptions<PageOptions>>().Value.Enabled)
        {
            return;
        }

        app.MapStaticAssets().AllowAnonymous();
        var pages = app.MapGroup("").WithMetadata(new PageRoute()).ExcludeFromDescription();
        pages.AddEndpointFilter(CheckAsync);
        pages.MapPlayground();
        pages.MapPredictions();
        pages.MapLibrary();
        pages.MapUpload();
        pages.MapAccess();
    }

    /// <summary>Lets a form hold what a prediction may: two cells for each line, and a cell with all of the text.</summary>
    static void Bound(FormOptions form, IOptions<LimitsOptions> limits)
    {
        const int OtherFields = 100;
        form.ValueCountLimit = (2 * limits.Value.InputLines) + OtherFields;
        form.ValueLengthLimit = limits.Value.InputBytes;
    }

    /// <summary>
    /// Keeps paths of Cog's API as they are for programs, refuses forms of other sites, and waits for what the pages read synchronously.
    /// </summary>
    static async ValueTask<object?> CheckAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;
        if (BarePaths.Covers(http.Request.Path) && !HtmlRoutes.WantsHtml(http.Request))
        {
            http.Response.Headers.Allow = HttpMethods.Post;
            return TypedResults.StatusCode(StatusCodes.Status405MethodNotAllowed);
        }

        var answers = http.RequestServices.GetRequiredService<PageAnswers>();
        var isStreamed = http.GetEndpoint()?.Metadata.GetMetadata<StreamedForm>() is not null;
        if (HttpMethods.IsPost(http.Request.Method) && !isStreamed && await RefuseFormAsync(http, answers) is { } refusal)
        {
            return refusal;
        }

        await http.RequestServices.GetRequiredService<Composer>().LoadVersionAsync();
        try
        {
            return await next(context);
        }
        catch (RequestRefusedException refused)
        {
            return answers.Of(http, refused.Answer, next: "/", back: "/");
        }
    }

    static async Task<IResult?> RefuseFormAsync(HttpContext http, PageAnswers answers)
    {
        try
        {
            return await answers.IsOwnFormAsync(http)
                ? null
                : answers.Problem(http, StatusCodes.Status400BadRequest, ForeignForm);
        }
        catch (BodyRefusedException refused)
        {
            return answers.Problem(http, refused.StatusCode, refused.Message);
        }
    }
}

/// <summary>Marks a form with files, which is read as a stream: its handler checks its token, since the body can be read only once.</summary>
sealed record StreamedForm;
