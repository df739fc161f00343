using System.Net;
using LoraHub.Api.Tests.Support;

namespace LoraHub.Api.Tests.Pages;

public sealed class PlaygroundTests(SharedService shared) : IClassFixture<SharedService>
{
    static readonly (string, string)[] Examples =
    [
        ("example_inputs", "cat"), ("example_outputs", "cats"),
        ("example_inputs", "two\r\nlines"), ("example_outputs", "x"),
        ("example_inputs", ""), ("example_outputs", ""),
    ];

    static readonly (string, string)[] Tests =
        [("test_inputs", "dog"), ("test_outputs", "dogs"), ("test_inputs", "<b>pig</b>"), ("test_outputs", "pigs")];

    [Fact]
    public async Task A_form_creates_the_same_prediction_as_the_same_input_on_the_API()
    {
        var client = await shared.Service.ReadyAsync();
        var asked = await client.PostJsonAsync(
            "/v1/predictions",
            """
            {"version": "lorahub/lorahub", "input": {"example_inputs": ["cat", "two\nlines"], "example_outputs": ["cats", "x"],
             "lora_modules_specified": "lorahub/plurals", "seed": 42,
             "test_inputs": ["dog", "<b>pig</b>"], "test_outputs": ["dogs", "pigs"], "controls": false}}
            """,
            ("Prefer", "wait"));

        using var page = await client.SubmitAsync(
            "/pages/predictions",
            [
                .. Examples, .. Tests, ("seed", " 42 "), ("controls", "false"), ("lora_modules_specified", "lorahub/plurals"), ("composition", ""),
                ("unknown", "x"),
            ]);
        var id = page.Id();
        await client.UntilPredictionAsync(id, "succeeded");
        var shown = await client.GetJsonAsync($"/v1/predictions/{id}");

        Assert.Equal(asked["input"]!.ToJsonString(), shown["input"]!.ToJsonString());
        Assert.Equal(asked["output"]!.ToJsonString(), shown["output"]!.ToJsonString());
        Assert.Equal($"http://localhost/predictions/{id}", shown["urls"]!.Text("web"));
        Assert.Contains("&lt;b&gt;pig&lt;/b&gt;", await client.PageAsync($"/predictions/{id}"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("test_outputs", "", "give one in every row, or in none")]
    [InlineData("test_inputs", "dogs", "without an input")]
    public async Task A_row_that_is_filled_in_half_is_refused_and_the_form_kept(string empty, string other, string reason)
    {
        var client = await shared.Service.ReadyAsync();

        using var page = await client.SubmitAsync(
            "/pages/predictions",
            [.. Examples, .. Tests, ("test_inputs", empty == "test_inputs" ? "" : "only"), ("test_outputs", other), ("seed", "kept")]);

        var html = await page.TextAsync();
        Assert.Equal(HttpStatusCode.UnprocessableEntity, page.StatusCode);
        Assert.Contains(reason, html, StringComparison.Ordinal);
        Assert.Contains("value=\"kept\"", html, StringComparison.Ordinal);
        Assert.Contains("id=\"seed-error\"", html, StringComparison.Ordinal); // the other errors are beside their fields, too
        Assert.Contains(">dogs</textarea>", html, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_empty_form_does_not_run_the_composers_own_examples()
    {
        var client = await shared.Service.ReadyAsync();

        using var page = await client.SubmitAsync("/pages/predictions", ("method", "best"), ("example_inputs", ""), ("example_outputs", ""));

        Assert.Equal(HttpStatusCode.UnprocessableEntity, page.StatusCode);
        Assert.Contains("There is no example", await page.TextAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_button_that_adds_rows_runs_nothing()
    {
        var client = await shared.Service.ReadyAsync();

        using var page = await client.SubmitAsync("/pages/predictions", [.. Examples, ("add", "example_inputs")]);

        var html = await page.TextAsync();
        Assert.Equal(HttpStatusCode.OK, page.StatusCode);
        Assert.Equal(7, html.Split("name=\"example_inputs\"").Length - 1); // two that were filled, five more
        Assert.DoesNotContain("role=\"alert\"", html, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_earlier_prediction_fills_the_form()
    {
        var client = await shared.Service.ReadyAsync();
        using var first = await client.SubmitAsync("/pages/predictions", [.. Examples, ("seed", "7")]);

        var form = await client.PageAsync($"/?from={first.Id()}");

        Assert.Contains(">cats</textarea>", form, StringComparison.Ordinal);
        Assert.Contains("value=\"7\"", form, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_prompt_is_answered_by_an_earlier_result_and_its_page_leads_back()
    {
        var client = await shared.Service.ReadyAsync();
        using var first = await client.SubmitAsync("/pages/predictions", Examples);
        await client.UntilPredictionAsync(first.Id(), "succeeded");

        using var answer = await client.SubmitAsync($"/pages/predictions/{first.Id()}/prompt", ("prompt", " sea "));
        await client.UntilPredictionAsync(answer.Id(), "succeeded");

        var page = await client.PageAsync($"/predictions/{answer.Id()}");
        Assert.Contains("<pre> sea s → <ok></pre>", WebUtility.HtmlDecode(page), StringComparison.Ordinal);
        Assert.Contains($"href=\"/predictions/{first.Id()}\"", page, StringComparison.Ordinal);
        Assert.Contains($"action=\"/pages/predictions/{first.Id()}/prompt\"", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nothing_of_an_input_is_logged()
    {
        var client = await shared.Service.ReadyAsync();

        using var refused = await client.SubmitAsync("/pages/predictions", ("example_inputs", "my-secret-example"), ("seed", "my-secret-seed"));
        using var accepted = await client.SubmitAsync(
            "/pages/predictions", ("example_inputs", "my-secret-example"), ("example_outputs", "my-secret-answer"));

        Assert.DoesNotContain("my-secret", shared.Service.Log.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_form_of_another_site_is_refused()
    {
        var client = await shared.Service.ReadyAsync();

        using var content = new FormUrlEncodedContent([KeyValuePair.Create("example_inputs", "a")]);
        using var response = await client.PostAsync("/pages/predictions", content, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType!.MediaType); // it did not ask for a page
    }
}
