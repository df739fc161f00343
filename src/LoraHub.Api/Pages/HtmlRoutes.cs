using Microsoft.AspNetCore.Routing.Matching;
using Microsoft.Net.Http.Headers;

namespace LoraHub.Api.Pages;

/// <summary>Marks a page that shares its path with a route of an API: it answers to browsers, that is to <c>Accept: text/html</c>.</summary>
sealed record ForBrowsers;

/// <summary>Chooses between a page and the route of an API that has the same path.</summary>
sealed class HtmlRoutes : MatcherPolicy, IEndpointSelectorPolicy
{
    public override int Order => 1000; // after the method, before a conflict is found

    public bool AppliesToEndpoints(IReadOnlyList<Endpoint> endpoints) => endpoints.Any(IsPage);

    public Task ApplyAsync(HttpContext httpContext, CandidateSet candidates)
    {
        var wantsHtml = WantsHtml(httpContext.Request);
        for (var place = 0; place < candidates.Count; place++)
        {
            var isOther = IsPage(candidates[place].Endpoint) != wantsHtml;
            candidates.SetValidity(place, candidates.IsValidCandidate(place) && !(isOther && HasOther(candidates, wantsHtml)));
        }

        return Task.CompletedTask;
    }

    /// <summary>
    /// Whether the request prefers HTML. Browsers name it, and XHTML, in every navigation. Programs send nothing, <c>*/*</c> or the type they read;
    /// some list HTML among others without preferring it, as Java does by default (<c>text/html, image/gif, image/jpeg, */*; q=.2</c>).
    /// </summary>
    public static bool WantsHtml(HttpRequest request)
    {
        var types = MediaTypeHeaderValue.TryParseList(request.Headers.Accept, out var accepted) ? accepted : [];
        var html = Quality("text/html");
        return html > 0 && html > Quality("application/json") && (Quality("application/xhtml+xml") > 0 || !types.Any(IsAsGood));

        bool IsAsGood(MediaTypeHeaderValue type) => !Is(type, "text/html") && !type.MatchesAllSubTypes && QualityOf(type) >= html;

        double Quality(string name) => types.Where(type => Is(type, name)).Select(QualityOf).DefaultIfEmpty().Max();

        static bool Is(MediaTypeHeaderValue type, string name) => type.MediaType.Equals(name, StringComparison.OrdinalIgnoreCase);

        static double QualityOf(MediaTypeHeaderValue type) => type.Quality ?? 1;
    }

    /// <summary>Whether something else answers. Without, a page answers to everybody.</summary>
    static bool HasOther(CandidateSet candidates, bool page)
    {
        for (var place = 0; place < candidates.Count; place++)
        {
            if (candidates.IsValidCandidate(place) && IsPage(candidates[place].Endpoint) == page)
            {
                return true;
            }
        }

        return false;
    }

    static bool IsPage(Endpoint endpoint) => endpoint.Metadata.GetMetadata<ForBrowsers>() is not null;
}
