using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using LoraHub.Api.Tests.Support;
using LoraHub.Modules.Versions;

namespace LoraHub.Api.Tests.Replicate.Models;

/// <summary>Every module is a model: listed, described and called by its versions.</summary>
public sealed class ModuleModelTests : IAsyncDisposable
{
    const string Card = """
        ---
        tags: [toys]
        license: mit
        ---
        # anna/words

        Says words in capitals, as a *test* does.

        | input | target |
        |---|---|
        | one \| two | ONE \| TWO |
        | sea | SEA |
        """;

    readonly Service _service = new();

    public ValueTask DisposeAsync() => _service.DisposeAsync();

    [Fact]
    public async Task A_published_module_is_a_model_with_what_its_card_says()
    {
        var client = await _service.ReadyAsync();
        var digest = await PublishAsync(client, "anna/words", [1, 2]);

        var model = await client.GetJsonAsync("/v1/models/anna/words");

        Assert.Equal(("anna", "words"), (model.Text("owner"), model.Text("name")));
        Assert.Equal("Says words in capitals, as a *test* does.", model.Text("description"));
        Assert.Equal(digest, model["latest_version"]!.Text("id"));
        Assert.Equal(0, (int)model["run_count"]!);
        Assert.Equal("one | two", model["default_example"]!["input"]!.Text("prompt"));
        Assert.Equal("ONE | TWO", (string?)model["default_example"]!["output"]![0]);
        using var readme = await client.FetchAsync("/v1/models/anna/words/readme");
        Assert.Equal(Card, (await readme.TextAsync()).TrimEnd('\n'));
        var examples = (await client.GetJsonAsync("/v1/models/anna/words/examples"))["results"]!.AsArray();
        Assert.Equal(["one | two", "sea"], examples.Select(example => example!["input"]!.Text("prompt")));
        Assert.All(examples, example => Assert.Equal(
            ("succeeded", "anna/words", digest), (example!.Text("status"), example!.Text("model"), example!.Text("version"))));
    }

    [Theory]
    [InlineData("sort_by=model_created_at&sort_direction=asc", "sort/b", "sort/a")]
    [InlineData("sort_by=model_created_at", "sort/a", "sort/b")]
    [InlineData("sort_by=latest_version_created_at&sort_direction=asc", "sort/a", "sort/b")]
    [InlineData("sort_direction=desc", "sort/b", "sort/a")]
    [InlineData("", "sort/a", "sort/b")]
    public async Task Models_are_sorted_by_the_times_of_their_versions(string query, params string[] expected)
    {
        var client = await _service.ReadyAsync();
        await PublishAsync(client, "sort/b", [1, 2]);
        await PublishAsync(client, "sort/a", [1, 3]);
        await PublishAsync(client, "sort/b", [1, 4]);

        var models = (await client.GetJsonAsync($"/v1/models?{query}"))["results"]!.AsArray();

        var names = models.Select(model => $"{model!.Text("owner")}/{model!.Text("name")}").ToArray();
        Assert.Equal(expected, names.Where(name => name.StartsWith("sort/", StringComparison.Ordinal)));
        Assert.Equal(34, names.Length);
    }

    [Theory]
    [InlineData("sort_by=name", "sort_by")]
    [InlineData("sort_direction=up", "sort_direction")]
    [InlineData("sort_by=run_count&sort_direction=DESC", "sort_by", "sort_direction")]
    public async Task An_unknown_order_is_a_422_that_names_the_known_ones(string query, params string[] fields)
    {
        var client = await _service.ReadyAsync();

        using var response = await client.FetchAsync($"/v1/models?{query}");

        Assert.Equal(HttpStatusCode.UnprocessableEntity, response.StatusCode);
        var invalid = (await response.JsonAsync())["invalid_fields"]!.AsArray();
        Assert.Equal(fields, invalid.Select(field => field!.Text("field")));
    }

    [Fact]
    public async Task Every_version_can_be_listed_and_called_also_the_earlier_ones()
    {
        var client = await _service.ReadyAsync();
        string[] digests = [await PublishAsync(client, "anna/words", [1, 2]), await PublishAsync(client, "anna/words", [3, 4])];

        var versions = (await client.GetJsonAsync("/v1/models/anna/words/versions"))["results"]!.AsArray();

        Assert.Equal(digests.Reverse(), versions.Select(version => version!.Text("id")));
        foreach (var (digest, version) in digests.Reverse().Zip(versions))
        {
            var one = await client.GetJsonAsync($"/v1/models/anna/words/versions/{digest}");
            Assert.True(JsonNode.DeepEquals(version, one), one.ToJsonString());
            foreach (var given in (string[])[digest, $"anna/words:{digest}"])
            {
                var prediction = await client.PostJsonAsync(
            "/v1/predictions", $$$"""{"version": "{{{given}}}", "input": {"prompt": "x"}}""", ("Prefer", "wait"));
                Assert.Equal(("succeeded", "anna/words", digest), (prediction.Text("status"), prediction.Text("model"), prediction.Text("version")));
            }
        }
    }

    [Fact]
    public async Task A_quarantined_version_is_not_listed_and_refused_with_the_reason_whatever_it_is_called_by()
    {
        var client = await _service.ReadyAsync();
        var digest = await PublishAsync(client, "anna/words", [1, 2]);
        using var quarantined = await client.PostAsync("/v1/modules/anna/words/quarantine", """{"reason": "It says rude words."}""");
        Assert.Equal(HttpStatusCode.OK, quarantined.StatusCode);

        Assert.DoesNotContain("words", await NamesAsync(client, "/v1/models"));
        foreach (var (path, body) in new[]
        {
            ("/v1/models/anna/words/predictions", """{"input": {"prompt": "x"}}"""),
            ("/v1/predictions", $$$"""{"version": "anna/words", "input": {"prompt": "x"}}"""),
            ("/v1/predictions", $$$"""{"version": "anna/words:{{{digest}}}", "input": {"prompt": "x"}}"""),
            ("/v1/predictions", $$$"""{"version": "{{{digest}}}", "input": {"prompt": "x"}}"""),
        })
        {
            using var response = await client.PostAsync(path, body);

            Assert.Equal(HttpStatusCode.UnprocessableEntity, response.StatusCode);
            Assert.Equal("`anna/words` cannot be called: it is in quarantine: It says rude words.", (await response.JsonAsync()).Text("detail"));
        }
    }

    [Fact]
    public async Task A_module_whose_base_model_is_not_installed_is_refused_and_the_error_says_how_to_get_it()
    {
        var client = await _service.ReadyAsync();
        await PublishAsync(client, "anna/large", [1, 2], "google/flan-t5-large");

        using var response = await client.PostAsync("/v1/models/anna/large/predictions", """{"input": {"prompt": "x"}}""");

        Assert.Equal(HttpStatusCode.UnprocessableEntity, response.StatusCode);
        Assert.Equal(
            "`anna/large` cannot be called: its base model `google/flan-t5-large` is not installed; "
            + "download it with `lorahub models pull google/flan-t5-large`.",
            (await response.JsonAsync()).Text("detail"));
    }

    [Fact]
    public async Task A_deleted_module_is_gone()
    {
        var client = await _service.ReadyAsync();
        var digest = await PublishAsync(client, "anna/words", [1, 2]);
        using var deleted = await client.SendAsync(HttpMethod.Delete, "/v1/modules/anna/words", json: null);
        Assert.Equal(HttpStatusCode.NoContent, deleted.StatusCode);

        using var model = await client.FetchAsync("/v1/models/anna/words");
        using var prediction = await client.PostAsync("/v1/predictions", $$$"""{"version": "{{{digest}}}", "input": {"prompt": "x"}}""");

        Assert.Equal(HttpStatusCode.NotFound, model.StatusCode);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, prediction.StatusCode);
    }

    [Fact]
    public async Task The_list_has_the_composer_first_then_base_models_then_modules_by_name_a_hundred_a_page()
    {
        await using var service = new Service(("Limits:PageBytes", "65536"));
        var client = await service.ReadyAsync();
        var names = new List<string>();
        string? next = "/v1/models";
        var pages = 0;
        while (next is not null)
        {
            var page = await client.GetJsonAsync(next);
            using var raw = await client.FetchAsync(next);
            Assert.InRange((await raw.TextAsync()).Length, 1, 2 * 65536);
            names.AddRange(page["results"]!.AsArray().Select(model => $"{model!.Text("owner")}/{model!.Text("name")}"));
            next = page.Text("next");
            pages++;
        }

        Assert.True(pages > 1, "the bytes of a page are limited");
        // scripted modules are in no index, and the list shows those of the library
        Assert.Equal(
            ["lorahub/lorahub", "lorahub/t5-mini", "lorahub/colors", "lorahub/plurals", .. Enumerable.Range(1, 28).Select(i => $"lorahub/task-{i:00}")],
            names);
    }

    [Fact]
    public async Task A_search_finds_modules_by_their_cards()
    {
        var client = await _service.ReadyAsync();
        await PublishAsync(client, "anna/words", [1, 2]);
        using var query = new HttpRequestMessage(new HttpMethod("QUERY"), "/v1/models") { Content = new StringContent("rude OR capitals") };

        var answer = await client.GetJsonAsync("/v1/search?query=capitals");
        var found = Assert.Single(answer["models"]!.AsArray())!;

        Assert.Equal("words", found["model"]!.Text("name"));
        Assert.Equal("Says words in capitals, as a *test* does.", found["metadata"]!.Text("generated_description"));
        using var response = await client.SendAsync(query, TestContext.Current.CancellationToken);
        Assert.Empty((await response.JsonAsync())["results"]!.AsArray()); // every word must match
    }

    [Fact]
    public async Task Successful_calls_are_counted()
    {
        var client = await _service.ReadyAsync();

        await client.PostJsonAsync("/v1/models/lorahub/t5-mini/predictions", """{"input": {"prompt": "x"}}""");

        Assert.Equal(1, (int)(await client.GetJsonAsync("/v1/models/lorahub/t5-mini"))["run_count"]!);
        Assert.Equal(0, (int)(await client.GetJsonAsync("/v1/models/lorahub/lorahub"))["run_count"]!);
    }

    static async Task<IEnumerable<string?>> NamesAsync(HttpClient client, string url) =>
        (await client.GetJsonAsync(url))["results"]!.AsArray().Select(model => model!.Text("name"));

    /// <returns>The version's digest.</returns>
    static async Task<string> PublishAsync(HttpClient client, string id, float[] update, string baseModel = "lorahub/t5-mini")
    {
        (string, byte[])[] files =
        [
            (ModuleFiles.Config, Encoding.UTF8.GetBytes(
                $$"""{"peft_type": "LORA", "r": 8, "lora_alpha": 16, "base_model_name_or_path": "{{baseModel}}"}""")),
            (ModuleFiles.Weights, PeftFiles.Weights(update)),
            (ModuleFiles.Card, Encoding.UTF8.GetBytes(Card)),
        ];
        using var form = PeftFiles.Form(files);
        using var response = await client.PublishAsync(id, form);
        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        return (await response.JsonAsync()).Text("version")!;
    }
}
