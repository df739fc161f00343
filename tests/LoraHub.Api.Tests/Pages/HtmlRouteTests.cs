using System.Net;
using LoraHub.Api.Pages;
using LoraHub.Api.Tests.Support;
using Microsoft.AspNetCore.Http;

namespace LoraHub.Api.Tests.Pages;

/// <summary>Who gets a page, and by which method.</summary>
public sealed class HtmlRouteTests(ServicePool pool) : IClassFixture<ServicePool>
{
    [Theory]
    [InlineData("text/html", true)]
    [InlineData("TEXT/HTML; charset=utf-8", true)]
    [InlineData("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", true)] // Firefox
    [InlineData("text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8", true)] // Chrome
    [InlineData("text/html, text/plain, text/sgml, text/css, application/xhtml+xml, */*;q=0.01", true)] // Lynx
    [InlineData("text/html, text/*;q=0.5, image/*", true)] // w3m
    [InlineData("text/html, application/json;q=0.9", true)]
    [InlineData("text/html;q=0", false)]
    [InlineData("text/html;q=0.5, application/json", false)]
    [InlineData("application/json, text/html", false)]
    [InlineData("text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2", false)] // Java
    [InlineData("text/html, image/gif, image/jpeg, */*; q=0.2", false)]
    [InlineData("text/htmlx", false)]
    [InlineData("application/json; profile=\"text/html\"", false)]
    [InlineData("*/*", false)]
    [InlineData("text/*", false)]
    [InlineData("", false)]
    [InlineData("nonsense", false)]
    public void A_page_is_for_requests_that_prefer_HTML(string accept, bool expected)
    {
        var http = new DefaultHttpContext();
        http.Request.Headers.Accept = accept;

        Assert.Equal(expected, HtmlRoutes.WantsHtml(http.Request));
    }

    [Theory]
    [InlineData("/", HttpStatusCode.OK)]
    [InlineData("/predictions", HttpStatusCode.OK)]
    [InlineData("/modules", HttpStatusCode.OK)]
    [InlineData("/predictions/unknown", HttpStatusCode.NotFound)]
    public async Task HEAD_is_GET_without_its_body(string path, HttpStatusCode status)
    {
        var client = await pool.Get().ReadyAsync();

        using var head = await client.SendAsync(HttpMethod.Head, path, json: null, ("Accept", "text/html"));

        Assert.Equal((status, "text/html"), (head.StatusCode, head.Content.Headers.ContentType!.MediaType));
        Assert.Equal("", await head.TextAsync());
    }

    [Theory]
    [InlineData("/predictions", "POST")]
    [InlineData("/predictions/unknown", "PUT")]
    public async Task HEAD_of_Cogs_paths_stays_405_for_programs(string path, string allowed)
    {
        var client = await pool.Get().ReadyAsync();

        using var head = await client.SendAsync(HttpMethod.Head, path, json: null);

        Assert.Equal((HttpStatusCode.MethodNotAllowed, allowed), (head.StatusCode, string.Join(",", head.Content.Headers.Allow)));
    }

    [Fact]
    public async Task A_prediction_may_have_any_name_and_has_a_page()
    {
        await using var service = new Service();
        var client = await service.ReadyAsync();
        using var created = await client.PostAsync("/predictions", """{"id": "compare", "input": {}}""");

        var page = await client.PageAsync("/predictions/compare");

        Assert.Equal(HttpStatusCode.OK, created.StatusCode);
        Assert.Contains("<h1>Prediction compare</h1>", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Canceling_what_does_not_exist_is_a_404()
    {
        var visitor = await Visitor.OfAsync(pool.Get());

        using var answer = await visitor.SendAsync("/", "/pages/runs/unknown/cancel");

        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        Assert.Contains("There is no such prediction.", await answer.TextAsync(), StringComparison.Ordinal);
    }
}
