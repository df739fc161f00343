using LoraHub.Api.Http;
using LoraHub.Api.Models;
using LoraHub.Api.Security;
using LoraHub.Core;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.AspNetCore.DataProtection.Repositories;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;

namespace LoraHub.Api.Pages;

/// <summary>
/// The pages: what a person sees in a browser. Each page is a component of LoraHub.Web; here is what it shows and what its forms do.
/// </summary>
static class PageServices
{
    public static IServiceCollection AddPages(this IServiceCollection services)
    {
        services.AddOptions<PageOptions>().BindConfiguration(PageOptions.Section);
        services.AddRazorComponents();
        services.AddAntiforgery(options =>
        {
            options.Cookie.Name = "lorahub-form";
            options.Cookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
            options.SuppressXFrameOptionsHeader = true; // the Content-Security-Policy says it
        });
        services.AddDataProtection().SetApplicationName("lorahub").DisableAutomaticKeyGeneration();
        services.AddSingleton<IXmlRepository, PageKeys>();
        services.AddOptions<KeyManagementOptions>().Configure<IXmlRepository>((options, keys) => options.XmlRepository = keys);
        services.AddSingleton<MatcherPolicy, HtmlRoutes>();
        services.AddOptions<FormOptions>().Configure<IOptions<LimitsOptions>>(Bound);
        services.AddSingleton<StreamedForm>().AddSingleton<TrainingCheck>().AddSingleton<NewTraining>();
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
        pages.MapTrainings();
        pages.MapAccess();
        pages.MapFormAddresses();

        // Cog's trainings are not served: what is not read stays unknown, as without the pages.
        string[] changes = [HttpMethods.Post, HttpMethods.Put, HttpMethods.Patch, HttpMethods.Delete];
        app.MapMethods("/trainings/{**rest}", changes, () => TypedResults.NotFound()).ExcludeFromDescription();
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
            return AsWithoutPages(http);
        }

        var answers = http.RequestServices.GetRequiredService<PageAnswers>();
        var isChecked = http.GetEndpoint()?.Metadata.GetMetadata<ReadsStreamedForm>() is not null; // by its reader
        if (HttpMethods.IsPost(http.Request.Method) && !isChecked && await RefuseFormAsync(http, answers) is { } refusal)
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

    /// <summary>Cog's API has no route for GET here, but for another method, or for none.</summary>
    static StatusCodeHttpResult AsWithoutPages(HttpContext http)
    {
        var path = http.Request.Path;
        if (!path.StartsWithSegments(PredictionRoutes.Path, StringComparison.OrdinalIgnoreCase, out var rest))
        {
            return TypedResults.StatusCode(StatusCodes.Status404NotFound);
        }

        http.Response.Headers.Allow = rest.HasValue && rest != "/" ? HttpMethods.Put : HttpMethods.Post;
        return TypedResults.StatusCode(StatusCodes.Status405MethodNotAllowed);
    }

    static async Task<IResult?> RefuseFormAsync(HttpContext http, PageAnswers answers)
    {
        try
        {
            return await answers.IsOwnFormAsync(http)
                ? null
                : answers.Problem(http, StatusCodes.Status400BadRequest, PageAnswers.ForeignForm);
        }
        catch (BodyRefusedException refused)
        {
            return answers.Problem(http, refused.StatusCode, refused.Message);
        }
    }
}
