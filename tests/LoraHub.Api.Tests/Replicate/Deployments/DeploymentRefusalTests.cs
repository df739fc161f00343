using System.Net;
using System.Text.Json.Nodes;
using LoraHub.Api.Tests.Security;
using LoraHub.Api.Tests.Support;

namespace LoraHub.Api.Tests.Replicate.Deployments;

/// <summary>What is refused about deployments, each with the reason.</summary>
public sealed class DeploymentRefusalTests(SharedService shared, ScopedService scoped) : IClassFixture<SharedService>, IClassFixture<ScopedService>
{
    const string Prompt = """{"input": {"prompt": "sea"}}""";

    [Theory]
    [InlineData("model", "\"me/frnech\"", "model: There is no model `me/frnech`")]
    [InlineData("model", "\"../etc\"", "model: There is no model `…`")]
    [InlineData("model", "1", "model: model must be a string")]
    [InlineData("version", "\"0000000000000000000000000000000000000000000000000000000000000000\"", "version: `lorahub/colors` has no such version")]
    [InlineData("version", "\"latest\"", "version: `lorahub/colors` has no such version")]
    [InlineData("version", null, "version: version is required")]
    [InlineData("hardware", "\"a100\"", "hardware: hardware must be a sku from GET /v1/hardware")]
    [InlineData("min_instances", "-1", "min_instances: min_instances must be an integer from 0 to 5")]
    [InlineData("min_instances", "6", "min_instances: min_instances must be an integer from 0 to 5")]
    [InlineData("min_instances", "2", "min_instances: min_instances must not be greater than max_instances")]
    [InlineData("min_instances", "0.5", "min_instances: min_instances must be an integer")]
    [InlineData("min_instances", "\"1\"", "min_instances: min_instances must be an integer")]
    [InlineData("max_instances", "21", "max_instances: max_instances must be an integer from 0 to 20")]
    [InlineData("max_instances", "1e300", "max_instances: max_instances must be an integer from 0 to 20")]
    [InlineData("max_instances", null, "max_instances: max_instances is required")]
    [InlineData("name", "\"\"", "name: name is required")]
    [InlineData("name", "\".hidden\"", "name: name must have 1 to 96 letters")]
    [InlineData("name", "\"a/b\"", "name: name must have 1 to 96 letters")]
    [InlineData("name", "\"a b\"", "name: name must have 1 to 96 letters")]
    public async Task A_wrong_member_of_a_creation_is_a_422_that_names_it(string member, string? value, string expected)
    {
        var client = await shared.Service.ReadyAsync();
        var version = await ColorsAsync(client);
        var body = JsonNode.Parse(DeploymentTests.Body("refused", "lorahub/colors", version))!.AsObject();
        body.Remove(member);
        if (value is not null)
        {
            body[member] = JsonNode.Parse(value);
        }

        using var response = await client.PostAsync("/v1/deployments", body.ToJsonString());
        using var none = await client.FetchAsync("/v1/deployments/lorahub/refused");

        Assert.Equal(HttpStatusCode.UnprocessableEntity, response.StatusCode);
        Assert.StartsWith($"- {expected}", (await response.JsonAsync()).Text("detail"), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NotFound, none.StatusCode);
    }

    [Fact]
    public async Task A_taken_name_is_a_409_and_so_is_a_change_of_the_service_s_own_deployment()
    {
        var client = await shared.Service.ReadyAsync();
        var version = await ColorsAsync(client);
        using var created = await client.PostAsync("/v1/deployments", DeploymentTests.Body("taken", "lorahub/colors", version));
        Assert.Equal(HttpStatusCode.Created, created.StatusCode);

        using var taken = await client.PostAsync("/v1/deployments", DeploymentTests.Body("taken", "lorahub/colors", version));
        using var own = await client.PostAsync("/v1/deployments", DeploymentTests.Body("lorahub", "lorahub/colors", version));
        using var updated = await client.SendAsync(HttpMethod.Patch, "/v1/deployments/lorahub/lorahub", """{"min_instances": 0}""");
        using var deleted = await client.SendAsync(HttpMethod.Delete, "/v1/deployments/lorahub/lorahub", json: null);

        Assert.Equal(
            "There is already a deployment `lorahub/taken`; choose another name, or update that one.", (await taken.JsonAsync()).Text("detail"));
        Assert.All([taken, own, updated, deleted], response => Assert.Equal(HttpStatusCode.Conflict, response.StatusCode));
    }

    [Fact]
    public async Task An_update_that_changes_nothing_and_a_version_of_another_model_are_422()
    {
        var client = await shared.Service.ReadyAsync();
        using var created = await client.PostAsync("/v1/deployments", DeploymentTests.Body("same", "lorahub/colors", await ColorsAsync(client)));
        var plurals = (await client.GetJsonAsync("/v1/models/lorahub/plurals"))["latest_version"]!.Text("id");
        string[] bodies =
            ["{}", """{"name": "other"}""", $$"""{"version": "{{plurals}}"}""", """{"hardware": "a100"}""", """{"max_instances": 21}"""];
        foreach (var body in bodies)
        {
            using var response = await client.SendAsync(HttpMethod.Patch, "/v1/deployments/lorahub/same", body);
            Assert.Equal(HttpStatusCode.UnprocessableEntity, response.StatusCode);
        }

        Assert.Equal(1, (int)(await client.GetJsonAsync("/v1/deployments/lorahub/same"))["current_release"]!["number"]!);
    }

    [Fact]
    public async Task A_broken_and_a_quarantined_version_are_not_deployed_and_one_that_is_quarantined_later_is_not_called()
    {
        var client = await shared.Service.ReadyAsync();
        var version = await DeploymentTests.PublishAsync(client, "me/rude", [7, -8]);
        using var deployed = await client.PostAsync("/v1/deployments", DeploymentTests.Body("rude", "me/rude", version));
        using var quarantined = await client.PostAsync("/v1/modules/me/rude/quarantine", """{"reason": "It says rude words."}""");
        var broken = shared.Service.Library.Find(new LoraHub.Modules.Versions.ModuleReference("lorahub/broken", null))!.Digest!;

        using var ofQuarantined = await client.PostAsync("/v1/deployments", DeploymentTests.Body("rude-2", "me/rude", version));
        using var ofBroken = await client.PostAsync("/v1/deployments", DeploymentTests.Body("broken", "lorahub/broken", broken));
        using var called = await client.PostAsync("/v1/deployments/lorahub/rude/predictions", Prompt);

        Assert.All([ofQuarantined, ofBroken, called], response => Assert.Equal(HttpStatusCode.UnprocessableEntity, response.StatusCode));
        Assert.Contains("it is in quarantine: It says rude words.", (await ofQuarantined.JsonAsync()).Text("detail"), StringComparison.Ordinal);
        Assert.Contains("adapter_model.bin is truncated.", (await ofBroken.JsonAsync()).Text("detail"), StringComparison.Ordinal);
        Assert.Equal(
            "The deployment `lorahub/rude` cannot be called: `me/rude` cannot be called: it is in quarantine: It says rude words.",
            (await called.JsonAsync()).Text("detail"));
    }

    [Fact]
    public async Task A_module_with_a_pinned_version_is_not_deleted_and_the_409_names_the_deployment()
    {
        var client = await shared.Service.ReadyAsync();
        var version = await DeploymentTests.PublishAsync(client, "me/pinned", [1, 2]);
        using var created = await client.PostAsync("/v1/deployments", DeploymentTests.Body("pins", "me/pinned", version));

        foreach (var path in (string[])["/v1/modules/me/pinned", "/v1/models/me/pinned"])
        {
            using var refused = await client.SendAsync(HttpMethod.Delete, path, json: null);
            Assert.Equal(HttpStatusCode.Conflict, refused.StatusCode);
            Assert.Equal(
                "The deployment `lorahub/pins` is pinned to a version of this module; update or delete the deployment first.",
                (await refused.JsonAsync()).Text("detail"));
        }

        using var unpinned = await client.SendAsync(HttpMethod.Delete, "/v1/deployments/lorahub/pins", json: null);
        using var deleted = await client.SendAsync(HttpMethod.Delete, "/v1/models/me/pinned", json: null);
        Assert.Equal(HttpStatusCode.NoContent, deleted.StatusCode);
    }

    [Fact]
    public async Task A_deployment_whose_version_is_gone_is_still_there_and_its_predictions_are_refused()
    {
        var client = await shared.Service.ReadyAsync();
        var version = await DeploymentTests.PublishAsync(client, "me/lost", [1, 2]);
        using var created = await client.PostAsync("/v1/deployments", DeploymentTests.Body("lost", "me/lost", version));
        Directory.Delete(Path.Combine(shared.Service.DataPath, "models", "me", "lost"), recursive: true); // by hand
        using var limit = new CancellationTokenSource(Limits.Wait);
        while ((await client.GetJsonAsync("/v1/models/me/lost"))["latest_version"] is not null) // until the indexer has noticed
        {
            await Task.Delay(50, limit.Token);
        }

        using var called = await client.PostAsync("/v1/deployments/lorahub/lost/predictions", Prompt);

        Assert.Equal(HttpStatusCode.UnprocessableEntity, called.StatusCode);
        Assert.Equal(
            $"The deployment `lorahub/lost` cannot be called: version {version} of `me/lost` no longer exists; update the deployment to another version.",
            (await called.JsonAsync()).Text("detail"));
        Assert.Equal(version, (await client.GetJsonAsync("/v1/deployments/lorahub/lost"))["current_release"]!.Text("version"));
    }

    [Fact]
    public async Task Only_the_token_that_created_a_deployment_and_an_admin_change_it()
    {
        var client = await scoped.Service.ReadyAsync();
        var version = await DeploymentTests.PublishAsync(client, "rights/words", [1, 2], "admin");
        var (admins, own) = (DeploymentTests.Body("admins", "rights/words", version), DeploymentTests.Body("own", "rights/words", version));
        using var first = await client.PostAsync("/v1/deployments", admins, Token("admin"));
        using var second = await client.PostAsync("/v1/deployments", own, Token("publisher"));
        Assert.Equal((HttpStatusCode.Created, HttpStatusCode.Created), (first.StatusCode, second.StatusCode));
        Assert.Equal("publisher", (await second.JsonAsync())["current_release"]!["created_by"]!.Text("username"));

        using var others = await client.SendAsync(HttpMethod.Patch, "/v1/deployments/lorahub/admins", """{"min_instances": 1}""", Token("publisher"));
        using var deleted = await client.SendAsync(HttpMethod.Delete, "/v1/deployments/lorahub/admins", json: null, Token("publisher"));
        using var updated = await client.SendAsync(HttpMethod.Patch, "/v1/deployments/lorahub/own", """{"min_instances": 1}""", Token("publisher"));
        using var byAdmin = await client.SendAsync(HttpMethod.Delete, "/v1/deployments/lorahub/own", json: null, Token("admin"));

        Assert.Equal((HttpStatusCode.Forbidden, HttpStatusCode.Forbidden), (others.StatusCode, deleted.StatusCode));
        Assert.Contains("created with another token", (await others.JsonAsync()).Text("detail"), StringComparison.Ordinal);
        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.NoContent), (updated.StatusCode, byAdmin.StatusCode));

        static (string, string) Token(string name) => ("Authorization", $"Bearer {name}");
    }

    static async Task<string> ColorsAsync(HttpClient client) =>
        (await client.GetJsonAsync("/v1/models/lorahub/colors"))["latest_version"]!.Text("id")!;
}
