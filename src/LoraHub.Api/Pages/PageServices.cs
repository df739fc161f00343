using LoraHub.Api.Http;
using LoraHub.Api.Models;
using LoraHub.Api.Security;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.AspNetCore.DataProtection.Repositories;
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
            options.HeaderName = null; // it is a form's first field
            options.SuppressXFrameOptionsHeader = true; // the Content-Security-Policy says it
        });
        services.AddDataProtection().SetApplicationName("lorahub").DisableAutomaticKeyGeneration();
        services.AddSingleton<IXmlRepository, PageKeys>();
        services.AddOptions<KeyManagementOptions>().Configure<IXmlRepository>((options, keys) => options.XmlRepository = keys);
        services.AddSingleton<MatcherPolicy, HtmlRoutes>();
        services.AddSingleton<PageForms>().AddSingleton<StreamedForm>().AddSingleton<TrainingCheck>().AddSingleton<NewTraining>();
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
        ((IEndpointConventionBuilder)pages).Finally(AddHead);
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

    /// <summary>A person who opens an address of the API that leads nowhere gets the reason as a page; programs get it as it is.</summary>
    public static void ShowProblemsToBrowsers(this RouteGroupBuilder api) => api.AddEndpointFilter(async (context, next) =>
    {
        var (http, answer) = (context.HttpContext, await AnswerAsync(context, next));
        var given = answer is INestedHttpResult union ? union.Result : answer;
        return given is IValueHttpResult { Value: Problem problem } && PageErrorFormat.IsVisit(http) && http.ErrorFormat() is PageErrorFormat pages
            ? pages.Error(http, problem.Status, problem.Title, problem.Detail)
            : answer;

        static async ValueTask<object?> AnswerAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
        {
            try
            {
                return await next(context);
            }
            catch (RequestRefusedException refused) when (PageErrorFormat.IsVisit(context.HttpContext))
            {
                return refused.Answer;
            }
        }
    });

    /// <summary>
    /// Keeps paths of Cog's API as they are for programs, reads forms, and waits for what the pages read synchronously.
    /// </summary>
    static async ValueTask<object?> CheckAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;
        if (BarePaths.Covers(http.Request.Path) && !HtmlRoutes.WantsHtml(http.Request))
        {
            return AsWithoutPages(http);
        }

        await http.RequestServices.GetRequiredService<Composer>().LoadVersionAsync();
        try
        {
            var readsItself = http.GetEndpoint()?.Metadata.GetMetadata<ReadsStreamedForm>() is not null;
            if (HttpMethods.IsPost(http.Request.Method) && !readsItself)
            {
                await http.RequestServices.GetRequiredService<PageForms>().ReadAsync(http);
            }

            var answer = await next(context);
            return HttpMethods.IsHead(http.Request.Method) && answer is RazorComponentResult page ? new HeadOf(page) : answer;
        }
        catch (RequestRefusedException refused)
        {
            return http.RequestServices.GetRequiredService<PageAnswers>().Of(http, refused.Answer, next: "/", back: "/");
        }
    }

    /// <summary>What GET has, HEAD has too.</summary>
    static void AddHead(EndpointBuilder page)
    {
        if (page.Metadata.OfType<HttpMethodMetadata>().LastOrDefault() is { HttpMethods: [var only] } methods && HttpMethods.IsGet(only))
        {
            page.Metadata[page.Metadata.IndexOf(methods)] = new HttpMethodMetadata(RouteMethods.Read);
        }
    }

    /// <summary>Cog's API has no route for this method here, but for another one, or for none.</summary>
    static StatusCodeHttpResult AsWithoutPages(HttpContext http)
    {
        var path = http.Request.Path;
        if (path == "/")
        {
            http.Response.Headers.Allow = HttpMethods.Get;
            return TypedResults.StatusCode(StatusCodes.Status405MethodNotAllowed);
        }

        if (!path.StartsWithSegments(PredictionRoutes.Path, StringComparison.OrdinalIgnoreCase, out var rest))
        {
            return TypedResults.StatusCode(StatusCodes.Status404NotFound);
        }

        http.Response.Headers.Allow = rest.HasValue && rest != "/" ? HttpMethods.Put : HttpMethods.Post;
        return TypedResults.StatusCode(StatusCodes.Status405MethodNotAllowed);
    }

    /// <summary>The head of a page. Without it, one that is live would be rendered to the end of its run.</summary>
    sealed class HeadOf(RazorComponentResult page) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext)
        {
            var response = httpContext.Response;
            (response.StatusCode, response.ContentType) = (page.StatusCode ?? StatusCodes.Status200OK, "text/html; charset=utf-8");
            return Task.CompletedTask;
        }
    }
}
