using Microsoft.AspNetCore.Routing.Matching;

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

    /// <summary>Browsers name HTML in a navigation. Programs send nothing, <c>*/*</c>, or the type they read.</summary>
    public static bool WantsHtml(HttpRequest request) =>
        request.Headers.Accept.Any(types => types?.Contains("text/html", StringComparison.OrdinalIgnoreCase) == true);

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
