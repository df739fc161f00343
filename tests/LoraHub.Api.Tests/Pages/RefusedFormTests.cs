using System.Net;
using LoraHub.Api.Tests.Support;

namespace LoraHub.Api.Tests.Pages;

/// <summary>Forms that are refused come back with what was typed; their addresses lead to the page that has them.</summary>
public sealed class RefusedFormTests(SharedService shared) : IClassFixture<SharedService>
{
    [Theory]
    [InlineData("/pages/predictions", "/")]
    [InlineData("/pages/predictions/a%20b/prompt", "/predictions/a%20b")]
    [InlineData("/pages/predictions/abc/publish", "/predictions/abc")]
    [InlineData("/pages/runs/abc/cancel", "/predictions/abc")]
    [InlineData("/pages/trainings", "/trainings/new")]
    [InlineData("/pages/trainings/abc/prompt", "/trainings/abc")]
    [InlineData("/pages/modules", "/modules/new")]
    [InlineData("/pages/modules/me/french/quarantine", "/modules/me/french")]
    [InlineData("/pages/modules/me/french/release", "/modules/me/french")]
    [InlineData("/pages/models/me/french/predictions", "/modules/me/french")]
    public async Task The_address_of_a_form_leads_to_its_page(string form, string page)
    {
        using var response = await (await Visitor.OfAsync(shared.Service)).OpenAsync(form);

        Assert.Equal((HttpStatusCode.Redirect, page), (response.StatusCode, response.Headers.Location?.ToString()));
    }

    [Fact]
    public async Task A_prompt_to_a_model_that_is_refused_keeps_the_form()
    {
        var visitor = await Visitor.OfAsync(shared.Service);

        using var response = await visitor.SendAsync(
            "/modules/lorahub/plurals", "/pages/models/lorahub/plurals/predictions", ("prompt", "kept words"), ("temperature", "9"));
        using var empty = await visitor.SendAsync(
            "/modules/lorahub/plurals", "/pages/models/lorahub/plurals/predictions", ("prompt", ""), ("max_new_tokens", "7"));
        var (html, without) = (await response.TextAsync(), await empty.TextAsync());

        Assert.Equal((HttpStatusCode.UnprocessableEntity, HttpStatusCode.UnprocessableEntity), (response.StatusCode, empty.StatusCode));
        Assert.Contains(">kept words</textarea>", html, StringComparison.Ordinal);
        Assert.Contains("id=\"temperature-error\">Enter a number from 0 to 5.", html, StringComparison.Ordinal);
        Assert.Contains("id=\"prompt-error\">Write a prompt.", without, StringComparison.Ordinal);
        Assert.Matches("name=\"max_new_tokens\"[^>]* value=\"7\"", without);
    }

    [Fact]
    public async Task A_result_that_cannot_be_published_keeps_what_was_typed()
    {
        var visitor = await Visitor.OfAsync(shared.Service);
        var client = await shared.Service.ReadyAsync();
        var created = await client.PostJsonAsync("/v1/predictions", """{"version": "lorahub/lorahub", "input": {}}""", ("Prefer", "wait"));
        var page = $"/predictions/{created.Text("id")}";

        using var wrong = await visitor.SendAsync(page, $"/pages{page}/publish", ("destination", "no name"));
        using var taken = await visitor.SendAsync(page, $"/pages{page}/publish", ("destination", "lorahub/lorahub"));
        var (html, other) = (await wrong.TextAsync(), await taken.TextAsync());

        Assert.Equal(HttpStatusCode.UnprocessableEntity, wrong.StatusCode);
        Assert.Contains("value=\"no name\"", html, StringComparison.Ordinal);
        Assert.Matches("id=\"destination-error\">(<!--[^>]*-->)?Enter the owner/name of a module", html); // comments mark parts that are streamed
        Assert.Equal(HttpStatusCode.Conflict, taken.StatusCode);
        Assert.Contains("value=\"lorahub/lorahub\"", other, StringComparison.Ordinal);
        Assert.Contains("publish under another name", other, StringComparison.Ordinal);
    }
}
