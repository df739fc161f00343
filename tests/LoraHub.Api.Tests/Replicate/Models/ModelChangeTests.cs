using System.Net;
using System.Text.Json.Nodes;
using LoraHub.Api.Tests.Security;
using LoraHub.Api.Tests.Support;
using LoraHub.Core.Predictions;

namespace LoraHub.Api.Tests.Replicate.Models;

/// <summary>Models are created, described and deleted.</summary>
public sealed class ModelChangeTests(ScopedService scoped) : IClassFixture<ScopedService>, IAsyncDisposable
{
    const string French = """
        {"owner": "me", "name": "french", "visibility": "private", "hardware": "cpu", "description": "Translates into French.",
         "github_url": "https://github.com/me/french", "paper_url": "https://arxiv.org/abs/2307.13269",
         "license_url": "https://choosealicense.com/licenses/mit/", "cover_image_url": "https://example.com/cover.png"}
        """;

    readonly Service _service = new();

    public ValueTask DisposeAsync() => _service.DisposeAsync();

    [Fact]
    public async Task A_created_model_is_listed_last_without_a_version_until_one_is_published()
    {
        var client = await _service.ReadyAsync();

        using var created = await client.PostAsync("/v1/models", French);
        var model = await client.GetJsonAsync("/v1/models/me/french");
        var listed = (await client.GetJsonAsync("/v1/models"))["results"]!.AsArray()[^1]!;
        var versions = (await client.GetJsonAsync("/v1/models/me/french/versions"))["results"]!.AsArray();
        using var called = await client.PostAsync("/v1/models/me/french/predictions", """{"input": {"prompt": "x"}}""");
        var published = await client.PublishedAsync("me/french", [1, 2]);
        var after = await client.GetJsonAsync("/v1/models/me/french");

        Assert.Equal(HttpStatusCode.Created, created.StatusCode);
        Assert.True(JsonNode.DeepEquals(model, await created.JsonAsync()));
        Assert.True(JsonNode.DeepEquals(model, listed), listed.ToJsonString());
        Assert.Equal(("me", "french", "private", 0), (model.Text("owner"), model.Text("name"), model.Text("visibility"), (int)model["run_count"]!));
        Assert.Equal("https://example.com/cover.png", model.Text("cover_image_url"));
        Assert.Null(model["latest_version"]);
        Assert.Empty(versions);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, called.StatusCode);
        Assert.Contains("it has no version yet; publish one with POST /v1/modules/me/french/versions", (await called.JsonAsync()).Text("detail"),
            StringComparison.Ordinal);
        Assert.Equal(published.Text("version"), after["latest_version"]!.Text("id"));
        Assert.Equal(("private", "Translates into French."), (after.Text("visibility"), after.Text("description")));
    }

    [Fact]
    public async Task An_update_stands_in_place_of_the_card_until_it_is_removed()
    {
        var client = await _service.ReadyAsync();
        await client.PublishedAsync("me/french", [1, 2]);
        var before = await client.GetJsonAsync("/v1/models/me/french");

        using var updated = await client.SendAsync(
            HttpMethod.Patch, "/v1/models/me/french",
            """{"description": "Nouns only.", "readme": "# Nouns\n", "weights_url": "https://huggingface.co/me/french"}""");
        using var readme = await client.FetchAsync("/v1/models/me/french/readme");
        var found = (await client.GetJsonAsync("/v1/models"))["results"]!.AsArray().Single(model => model!.Text("owner") == "me")!;
        using var removed = await client.SendAsync(
            HttpMethod.Patch, "/v1/models/me/french", """{"description": null, "readme": "", "weights_url": null}""");

        Assert.Equal(HttpStatusCode.OK, updated.StatusCode);
        var model = await updated.JsonAsync();
        Assert.Equal(("Nouns only.", "https://huggingface.co/me/french"), (model.Text("description"), model.Text("weights_url")));
        Assert.True(JsonNode.DeepEquals(model, found));
        Assert.Equal("# Nouns\n", await readme.TextAsync());
        Assert.True(JsonNode.DeepEquals(before, await removed.JsonAsync()));
    }

    [Theory]
    [InlineData("owner", "\"..\"", "- name: owner and name must each have 1 to 96 letters")]
    [InlineData("name", "\"a/b\"", "- name: owner and name must each have 1 to 96 letters")]
    [InlineData("name", null, "- name: name is required")]
    [InlineData("visibility", "\"secret\"", "- visibility: visibility must be public or private")]
    [InlineData("hardware", "\"a100\"", "- hardware: hardware must be a sku from GET /v1/hardware")]
    [InlineData("description", "1", "- description: description must be a string")]
    [InlineData("github_url", "\"javascript:alert(1)\"", "- github_url: github_url must be an absolute http or https URL")]
    [InlineData("paper_url", "\"ftp://example.com\"", "- paper_url: paper_url must be an absolute http or https URL")]
    [InlineData("license_url", "\"https://user:secret@example.com\"", "- license_url: license_url must be an absolute http or https URL")]
    [InlineData("cover_image_url", "\"/cover.png\"", "- cover_image_url: cover_image_url must be an absolute http or https URL")]
    public async Task A_wrong_member_of_a_creation_is_a_422_that_names_it(string member, string? value, string expected)
    {
        var client = await _service.ReadyAsync();
        var body = JsonNode.Parse(French)!.AsObject();
        body.Remove(member);
        if (value is not null)
        {
            body[member] = JsonNode.Parse(value);
        }

        using var response = await client.PostAsync("/v1/models", body.ToJsonString());

        Assert.Equal(HttpStatusCode.UnprocessableEntity, response.StatusCode);
        Assert.StartsWith(expected, (await response.JsonAsync()).Text("detail"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wrong_member_of_an_update_changes_nothing()
    {
        var client = await _service.ReadyAsync();
        using var created = await client.PostAsync("/v1/models", French);
        string[] bodies = ["{}", """{"visibility": "public"}""", """{"description": 1}""", """{"description": "x", "weights_url": "x"}"""];
        foreach (var body in bodies)
        {
            using var response = await client.SendAsync(HttpMethod.Patch, "/v1/models/me/french", body);
            Assert.Equal(HttpStatusCode.UnprocessableEntity, response.StatusCode);
        }

        Assert.True(JsonNode.DeepEquals(await created.JsonAsync(), await client.GetJsonAsync("/v1/models/me/french")));
    }

    [Theory]
    [InlineData("lorahub/lorahub")]
    [InlineData("cjwbw/lorahub")]
    [InlineData("lorahub/t5-mini")]
    [InlineData("lorahub/colors")]
    [InlineData("me/french")]
    public async Task A_taken_name_is_a_409(string id)
    {
        var client = await _service.ReadyAsync();
        using var first = await client.PostAsync("/v1/models", French);
        var name = id.Split('/');

        using var response = await client.PostAsync(
            "/v1/models", $$"""{"owner": "{{name[0]}}", "name": "{{name[1]}}", "visibility": "public", "hardware": "cpu"}""");

        Assert.Equal(HttpStatusCode.Conflict, response.StatusCode);
        Assert.Equal($"There is already a model `{id}`; choose another name.", (await response.JsonAsync()).Text("detail"));
    }

    [Theory]
    [InlineData("lorahub/lorahub")]
    [InlineData("cjwbw/lorahub")]
    [InlineData("lorahub/t5-mini")]
    public async Task The_composer_and_base_models_are_neither_changed_nor_deleted(string id)
    {
        var client = await _service.ReadyAsync();

        using var updated = await client.SendAsync(HttpMethod.Patch, $"/v1/models/{id}", """{"description": "x"}""");
        using var deleted = await client.SendAsync(HttpMethod.Delete, $"/v1/models/{id}", json: null);

        Assert.All([updated, deleted], response => Assert.Equal(HttpStatusCode.Conflict, response.StatusCode));
        Assert.Contains("This model is the service's own", (await deleted.JsonAsync()).Text("detail"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_deleted_model_is_gone_with_its_versions_and_its_description_and_one_in_use_stays()
    {
        var client = await _service.ReadyAsync();
        using var created = await client.PostAsync("/v1/models", French);
        await client.PublishedAsync("me/french", [1, 2]);
        _service.Predictor.TextScript = (_, _, cancellation) => Task.Delay(Timeout.Infinite, cancellation);
        var running = (await client.PostJsonAsync("/v1/models/me/french/predictions", """{"input": {"prompt": "x"}}""")).Text("id")!;
        await _service.UntilAsync<PredictionEvent.Started>(running);

        using var held = await client.SendAsync(HttpMethod.Delete, "/v1/models/me/french", json: null);
        using var canceled = await client.PostAsync($"/v1/predictions/{running}/cancel", json: null);
        await _service.UntilAsync<PredictionEvent.Canceled>(running);
        using var deleted = await client.SendAsync(HttpMethod.Delete, "/v1/models/me/french", json: null);
        using var gone = await client.FetchAsync("/v1/models/me/french");

        Assert.Equal(HttpStatusCode.Conflict, held.StatusCode);
        Assert.Contains("A queued or running prediction uses this module", (await held.JsonAsync()).Text("detail"), StringComparison.Ordinal);
        Assert.Equal((HttpStatusCode.NoContent, HttpStatusCode.NotFound), (deleted.StatusCode, gone.StatusCode));
        using var again = await client.PostAsync("/v1/models", French);
        Assert.Equal(HttpStatusCode.Created, again.StatusCode);
    }

    [Fact]
    public async Task The_name_of_a_created_model_belongs_to_its_token()
    {
        var client = await scoped.Service.ReadyAsync();
        const string Body = """{"owner": "names", "name": "own", "visibility": "public", "hardware": "cpu"}""";
        using var created = await client.PostAsync("/v1/models", Body, Token("admin"));
        using var own = await client.PostAsync("/v1/models", Body.Replace("\"own\"", "\"mine\"", StringComparison.Ordinal), Token("publisher"));
        Assert.Equal((HttpStatusCode.Created, HttpStatusCode.Created), (created.StatusCode, own.StatusCode));
        using var form = PeftFiles.Form(PeftFiles.Of(1, 2));

        using var published = await client.PublishAsync("names/own", form, "publisher");
        using var updated = await client.SendAsync(HttpMethod.Patch, "/v1/models/names/own", """{"description": "x"}""", Token("publisher"));
        using var deleted = await client.SendAsync(HttpMethod.Delete, "/v1/models/names/own", json: null, Token("publisher"));
        var mine = await client.PublishedAsync("names/mine", [3, 4], "publisher");
        using var byAdmin = await client.SendAsync(HttpMethod.Delete, "/v1/models/names/own", json: null, Token("admin"));

        Assert.All([published, updated, deleted], response => Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode));
        Assert.Contains("This name belongs to another token", (await published.JsonAsync()).Text("detail"), StringComparison.Ordinal);
        Assert.Equal("publisher", mine.Text("published_by"));
        Assert.Equal(HttpStatusCode.NoContent, byAdmin.StatusCode);
    }

    static (string Name, string Value) Token(string name) => ("Authorization", $"Bearer {name}");
}
