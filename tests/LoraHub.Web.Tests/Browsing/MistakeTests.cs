using System.Net;
using LoraHub.Api.Tests.Support;

namespace LoraHub.Web.Tests.Browsing;

/// <summary>A person who opens an address that leads nowhere gets the reason as a page; a program gets it as its API says.</summary>
[Collection<ScriptedService>]
public sealed class MistakeTests(ScriptedService service)
{
    static readonly (string, string) Browser = ("Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8");

    [Theory]
    [InlineData("/results/0123456789/adapter.zip", "may have been removed")]
    [InlineData("/results/0123456789/trace.json", "may have been removed")]
    [InlineData("/results/nothing", "There is no page with this address.")]
    [InlineData("/v1/nothing", "There is no page with this address.")]
    [InlineData("/v1/predictions/none", "could not be found")]
    [InlineData("/v1/trainings/none", "could not be found")]
    [InlineData("/v1/models/nobody/nothing", "nobody/nothing")]
    [InlineData("/v1/modules/nobody/nothing", "could not be found")]
    [InlineData("/v1/modules?rank=much", "rank")]
    public async Task A_wrong_address_is_explained(string path, string reason)
    {
        using var page = await service.Process.Client.FetchAsync(path, Browser);
        using var answer = await service.Process.Client.FetchAsync(path);

        Assert.InRange((int)page.StatusCode, 400, 499);
        Assert.Equal((answer.StatusCode, "text/html"), (page.StatusCode, page.Content.Headers.ContentType!.MediaType));
        Assert.Contains(reason, WebUtility.HtmlDecode(await page.TextAsync()), StringComparison.Ordinal);
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType!.MediaType);
    }

    [Theory]
    [InlineData("/v1/predictions")]
    [InlineData("/v1/models/lorahub/lorahub")]
    public async Task What_exists_is_the_same_for_both(string path)
    {
        using var page = await service.Process.Client.FetchAsync(path, Browser);

        Assert.Equal((HttpStatusCode.OK, "application/json"), (page.StatusCode, page.Content.Headers.ContentType!.MediaType));
    }

    [Fact]
    public async Task A_change_that_is_refused_is_so_in_the_words_of_the_API()
    {
        using var answer = await service.Process.Client.PostAsync("/v1/predictions", """{"version": "lorahub/none", "input": {}}""", Browser);

        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType!.MediaType);
    }
}
