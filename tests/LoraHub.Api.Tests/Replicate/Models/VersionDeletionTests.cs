using System.Net;
using LoraHub.Api.Tests.Replicate.Deployments;
using LoraHub.Api.Tests.Security;
using LoraHub.Api.Tests.Support;

namespace LoraHub.Api.Tests.Replicate.Models;

/// <summary>Single versions of models are deleted.</summary>
public sealed class VersionDeletionTests(ScopedService scoped) : IClassFixture<ScopedService>, IAsyncDisposable
{
    const string Prompt = """{"input": {"prompt": "sea"}}""";

    readonly Service _service = new();

    public ValueTask DisposeAsync() => _service.DisposeAsync();

    [Fact]
    public async Task An_earlier_version_is_deleted_and_the_current_one_stays()
    {
        var client = await _service.ReadyAsync();
        var (first, second) = await TwoAsync(client, "me/french");

        Assert.Equal(HttpStatusCode.Accepted, await DeleteAsync(client, "me/french", first));

        Assert.Equal([second], await VersionsAsync(client, "me/french"));
        Assert.Equal(HttpStatusCode.NotFound, await DeleteAsync(client, "me/french", first));
        using var called = await client.PostAsync("/v1/predictions", $$$"""{"version": "{{{first}}}", "input": {"prompt": "x"}}""");
        Assert.Equal(HttpStatusCode.UnprocessableEntity, called.StatusCode);
    }

    [Fact]
    public async Task After_the_current_version_the_newest_other_one_is_current()
    {
        var client = await _service.ReadyAsync();
        var (first, second) = await TwoAsync(client, "me/french");
        var third = await DeploymentTests.PublishAsync(client, "me/french", [5, 6]);

        Assert.Equal(HttpStatusCode.Accepted, await DeleteAsync(client, "me/french", third));

        Assert.Equal([second, first], await VersionsAsync(client, "me/french"));
        var prediction = await client.PostJsonAsync("/v1/models/me/french/predictions", Prompt, ("Prefer", "wait"));
        Assert.Equal(("succeeded", second), (prediction.Text("status"), prediction.Text("version")));
        Assert.Equal(third, await DeploymentTests.PublishAsync(client, "me/french", [5, 6])); // the same bytes again
        Assert.Equal([third, second, first], await VersionsAsync(client, "me/french"));
    }

    [Fact]
    public async Task After_the_only_version_the_name_still_belongs_to_its_token()
    {
        var client = await scoped.Service.ReadyAsync();
        var version = await DeploymentTests.PublishAsync(client, "versions/only", [1, 2], "admin");
        using var deleted = await client.SendAsync(
            HttpMethod.Delete, $"/v1/models/versions/only/versions/{version}", json: null, ("Authorization", "Bearer admin"));
        using var form = PeftFiles.Form(PeftFiles.Of(3, 4));
        using var model = await client.FetchAsync("/v1/models/versions/only", ("Authorization", "Bearer reader"));

        using var byOther = await client.PublishAsync("versions/only", form, "publisher");
        var again = await DeploymentTests.PublishAsync(client, "versions/only", [1, 2], "admin");

        Assert.Equal(HttpStatusCode.Accepted, deleted.StatusCode);
        Assert.Null((await model.JsonAsync())["latest_version"]);
        Assert.Equal(HttpStatusCode.Forbidden, byOther.StatusCode);
        Assert.Equal(version, again);
    }

    [Fact]
    public async Task A_pinned_version_is_not_deleted_and_the_other_is()
    {
        var client = await _service.ReadyAsync();
        var (first, second) = await TwoAsync(client, "me/french");
        using var created = await client.PostAsync("/v1/deployments", DeploymentTests.Body("app", "me/french", second));

        using var refused = await client.SendAsync(HttpMethod.Delete, $"/v1/models/me/french/versions/{second}", json: null);

        Assert.Equal(HttpStatusCode.Conflict, refused.StatusCode);
        Assert.Contains("The deployment `lorahub/app` is pinned", (await refused.JsonAsync()).Text("detail"), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Accepted, await DeleteAsync(client, "me/french", first));
        var prediction = await client.PostJsonAsync("/v1/deployments/lorahub/app/predictions", Prompt, ("Prefer", "wait"));
        Assert.Equal("succeeded", prediction.Text("status"));
    }

    static async Task<(string First, string Second)> TwoAsync(HttpClient client, string id) =>
        (await DeploymentTests.PublishAsync(client, id, [1, 2]), await DeploymentTests.PublishAsync(client, id, [3, 4]));

    static async Task<HttpStatusCode> DeleteAsync(HttpClient client, string id, string version)
    {
        using var response = await client.SendAsync(HttpMethod.Delete, $"/v1/models/{id}/versions/{version}", json: null);
        return response.StatusCode;
    }

    static async Task<IEnumerable<string?>> VersionsAsync(HttpClient client, string id) =>
        (await client.GetJsonAsync($"/v1/models/{id}/versions"))["results"]!.AsArray().Select(version => version!.Text("id"));
}
