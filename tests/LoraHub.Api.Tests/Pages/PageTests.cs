using System.Net;
using System.Text.Json.Nodes;
using LoraHub.Api.Tests.Support;

namespace LoraHub.Api.Tests.Pages;

public sealed class PageTests
{
    [Theory]
    [InlineData("/", HttpStatusCode.OK)]
    [InlineData("/predictions", HttpStatusCode.MethodNotAllowed)]
    [InlineData("/predictions/unknown", HttpStatusCode.MethodNotAllowed)]
    public async Task A_path_that_Cog_has_too_is_a_page_for_browsers_alone(string path, HttpStatusCode forPrograms)
    {
        await using var service = new Service();
        var client = await service.ReadyAsync();

        using var page = await client.OpenAsync(path);
        using var answer = await client.FetchAsync(path);

        Assert.Equal("text/html", page.Content.Headers.ContentType!.MediaType);
        Assert.Equal(forPrograms, answer.StatusCode);
        Assert.NotEqual("text/html", answer.Content.Headers.ContentType?.MediaType);
    }

    [Fact]
    public async Task Without_pages_every_path_answers_as_before()
    {
        await using var service = new Service(("Web:Enabled", "false"));
        var client = await service.ReadyAsync();

        using var index = await client.OpenAsync("/");
        using var list = await client.OpenAsync("/predictions");
        using var script = await client.OpenAsync("/_content/LoraHub.Web/lorahub.js");
        var created = await client.PostJsonAsync("/v1/predictions", """{"version": "lorahub/lorahub", "input": {}}""");

        Assert.IsType<JsonObject>(JsonNode.Parse(await index.TextAsync()));
        Assert.Equal((HttpStatusCode.MethodNotAllowed, HttpStatusCode.NotFound), (list.StatusCode, script.StatusCode));
        Assert.Equal(created["urls"]!.Text("get"), created["urls"]!.Text("web"));
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/predictions")]
    [InlineData("/predictions/unknown")]
    [InlineData("/no-such-page")]
    public async Task A_page_runs_the_files_of_this_service_and_nothing_else(string path)
    {
        await using var service = new Service();
        var client = await service.ReadyAsync();

        using var page = await client.OpenAsync(path);

        Assert.StartsWith("default-src 'self'; img-src 'self' data:; object-src 'none'",
            Assert.Single(page.Headers.GetValues("Content-Security-Policy")), StringComparison.Ordinal);
        var html = await page.TextAsync();
        Assert.DoesNotContain("<script>", html, StringComparison.Ordinal);
        Assert.DoesNotContain(" style=", html, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/predictions/unknown", "There is no such prediction.")]
    [InlineData("/?from=unknown", "There is no such prediction.")]
    [InlineData("/compare?a=x&b=y", "not a prediction of the composer")]
    [InlineData("/no-such-page", "There is no page with this address.")]
    public async Task What_does_not_exist_is_a_page_that_says_so(string path, string words)
    {
        await using var service = new Service();
        var client = await service.ReadyAsync();

        using var page = await client.OpenAsync(path);

        Assert.Equal(HttpStatusCode.NotFound, page.StatusCode);
        Assert.Contains(words, await page.TextAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_full_queue_keeps_the_form_and_asks_to_wait()
    {
        await using var service = new Service(("Queue:Capacity", "1"));
        service.Predictor.Script = run => run.UntilCanceled();
        var client = await service.ReadyAsync();
        (string, string)[] form = [("example_inputs", "cat"), ("example_outputs", "cats")];
        var id = (await client.PostJsonAsync("/v1/predictions", """{"version": "lorahub/lorahub", "input": {}}""")).Text("id");

        using var page = await client.SubmitAsync("/pages/predictions", form);

        Assert.Equal((HttpStatusCode.TooManyRequests, "10"), (page.StatusCode, page.Headers.RetryAfter?.ToString()));
        var html = await page.TextAsync();
        Assert.Contains("Too many predictions are waiting", html, StringComparison.Ordinal);
        Assert.Contains(">cats</textarea>", html, StringComparison.Ordinal);
        using var canceled = await client.PostAsync($"/v1/predictions/{id}/cancel", json: null);
    }

    [Fact]
    public async Task A_form_that_is_larger_than_a_body_may_be_is_a_413()
    {
        await using var service = new Service(("Limits:InputBytes", "1024"));
        var client = await service.ReadyAsync();

        using var cell = await client.SubmitAsync("/pages/predictions", ("example_inputs", new string('x', 100_000)));
        using var cells = await client.SubmitAsync(
            "/pages/predictions",
            [.. Enumerable.Repeat(("example_inputs", new string('x', 400)), 4), .. Enumerable.Repeat(("example_outputs", "y"), 4)]);

        Assert.Equal((HttpStatusCode.RequestEntityTooLarge, HttpStatusCode.RequestEntityTooLarge), (cell.StatusCode, cells.StatusCode));
        Assert.Contains("more text than a prediction may have", await cell.TextAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Forms_count_against_the_rate_limits_of_predictions()
    {
        await using var service = new Service(("RateLimits:CreationsPerMinute", "1"));
        var client = await service.ReadyAsync();
        (string, string)[] form = [("example_inputs", "cat"), ("example_outputs", "cats")];

        using var first = await client.SubmitAsync("/pages/predictions", form);
        using var second = await client.SubmitAsync("/pages/predictions", form);

        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.TooManyRequests), (first.StatusCode, second.StatusCode));
        Assert.Equal("text/html", second.Content.Headers.ContentType!.MediaType);
        Assert.Contains("Too many requests", await second.TextAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_list_shows_only_the_chosen_status_and_kind()
    {
        await using var service = new Service();
        service.Predictor.Script = run => run.Input.Seed == 1 ? throw new LoraHub.Core.Predictions.PredictionException("no") : run.Answer();
        var client = await service.ReadyAsync();
        var failed = await CreateAsync(1, "failed");
        var succeeded = await CreateAsync(2, "succeeded");

        Assert.Equal((true, true), await ListedAsync("/predictions"));
        Assert.Equal((true, false), await ListedAsync("/predictions?status=failed"));
        Assert.Equal((false, true), await ListedAsync("/predictions?status=succeeded&kind=compose"));
        Assert.Equal((false, false), await ListedAsync("/predictions?kind=generate"));
        Assert.Equal((true, true), await ListedAsync("/predictions?status=nonsense&kind=train"));

        async Task<string> CreateAsync(int seed, string status)
        {
            var created = await client.PostJsonAsync("/v1/predictions", $$$"""{"version": "lorahub/lorahub", "input": {"seed": {{{seed}}}}}""");
            await client.UntilPredictionAsync(created.Text("id")!, status);
            return created.Text("id")!;
        }

        async Task<(bool, bool)> ListedAsync(string path)
        {
            var html = await client.PageAsync(path);
            return (Has(failed), Has(succeeded));

            bool Has(string id) => html.Contains($"/predictions/{id}\"", StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Two_predictions_are_compared_side_by_side()
    {
        await using var service = new Service();
        service.Predictor.Script = run => run.Answer($" {run.Input.Seed}");
        var client = await service.ReadyAsync();
        var ids = new List<string>();
        foreach (var seed in new[] { 1, 2 })
        {
            var created = await client.PostJsonAsync(
                "/v1/predictions", $$$"""{"version": "lorahub/lorahub", "input": {"seed": {{{seed}}}, "test_inputs": "dog"}}""", ("Prefer", "wait"));
            ids.Add(created.Text("id")!);
        }

        var page = await client.PageAsync($"/compare?a={ids[0]}&b={ids[1]}");

        Assert.All(
            ["dog 1", "dog 2", ">seed</th>", "lorahub/plurals", "0.2500"], text => Assert.Contains(text, page, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_failed_prediction_says_why()
    {
        await using var service = new Service();
        service.Predictor.Script = _ => throw new LoraHub.Core.Predictions.PredictionException("there is no <room>");
        var client = await service.ReadyAsync();
        var created = await client.PostJsonAsync("/v1/predictions", """{"version": "lorahub/lorahub", "input": {}}""", ("Prefer", "wait"));

        var page = await client.PageAsync($"/predictions/{created.Text("id")}");

        Assert.Contains("there is no &lt;room&gt;", page, StringComparison.Ordinal);
        Assert.Contains($"/?from={created.Text("id")}", page, StringComparison.Ordinal);
    }
}
