using System.Net;
using LoraHub.Api.Tests.Support;

namespace LoraHub.Api.Tests.Security;

/// <summary>The routes that each scope allows and denies.</summary>
public sealed class ScopeTests(ScopedService scoped) : IClassFixture<ScopedService>
{
    const string Reason = """{"reason": "In dispute."}""";

    [Theory]
    [InlineData("GET", "/v1/predictions", "reader predictor publisher admin plain")]
    [InlineData("GET", "/v1/modules", "reader predictor publisher admin plain")]
    [InlineData("QUERY", "/v1/models", "reader predictor publisher admin plain")]
    [InlineData("GET", "/v1/no-such-route", "reader predictor publisher admin plain")]
    [InlineData("POST", "/v1/predictions", "predictor admin plain", "predict")]
    [InlineData("POST", "/v1/models/lorahub/lorahub/predictions", "predictor admin plain", "predict")]
    [InlineData("POST", "/v1/predictions/unknown/cancel", "predictor admin plain", "predict")]
    [InlineData("POST", "/v1/files", "predictor admin plain", "predict")]
    [InlineData("DELETE", "/v1/files/unknown", "predictor admin plain", "predict")]
    [InlineData("POST", "/v1/no-such-route", "predictor admin plain", "predict")]
    [InlineData("POST", "/v1/modules/a/b/versions", "publisher admin", "publish")]
    [InlineData("DELETE", "/v1/modules/a/b", "publisher admin", "publish")]
    [InlineData("POST", "/v1/models", "publisher admin", "publish")]
    [InlineData("PATCH", "/v1/models/a/b", "publisher admin", "publish")]
    [InlineData("DELETE", "/v1/models/a/b", "publisher admin", "publish")]
    [InlineData("DELETE", "/v1/models/a/b/versions/c", "publisher admin", "publish")]
    [InlineData("POST", "/v1/deployments", "publisher admin", "publish")]
    [InlineData("PATCH", "/v1/deployments/a/b", "publisher admin", "publish")]
    [InlineData("DELETE", "/v1/deployments/a/b", "publisher admin", "publish")]
    [InlineData("POST", "/v1/modules/a/b/quarantine", "admin", "admin")]
    [InlineData("POST", "/v1/modules/a/b/release", "admin", "admin")]
    [InlineData("GET", "/v1/webhooks/default/secret", "admin", "admin")]
    [InlineData("POST", "/predictions", "predictor admin plain", "predict")]
    [InlineData("PUT", "/predictions/some", "predictor admin plain", "predict")]
    [InlineData("GET", "/openapi.json", "reader predictor publisher admin plain")]
    public async Task A_token_grants_its_scopes_and_a_403_names_the_missing_one(string method, string path, string open, string scope = "")
    {
        var client = await scoped.Service.ReadyAsync();
        foreach (var name in ScopedService.Names)
        {
            using var response = await client.SendAsync(new HttpMethod(method), path, method is "POST" or "PUT" ? "[]" : null,
                ("Authorization", $"Bearer {name}"));

            Assert.True(open.Split(' ').Contains(name) == (response.StatusCode != HttpStatusCode.Forbidden), $"{name}: {response.StatusCode}");
            if (response.StatusCode == HttpStatusCode.Forbidden)
            {
                var text = await response.TextAsync();
                Assert.Contains($"Your token lacks the scope `{scope}`", text, StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public async Task A_publisher_can_change_its_own_modules_and_an_admin_all()
    {
        var client = await scoped.Service.ReadyAsync();
        await client.PublishedAsync("scopes/own", [1], "publisher");
        await client.PublishedAsync("scopes/others", [2], "admin");
        await client.PublishedAsync("scopes/taken", [3], "publisher");
        using var form = PeftFiles.Form(PeftFiles.Of(4));

        using var overwritten = await client.PublishAsync("scopes/others", form, "publisher");
        using var others = await DeleteAsync("scopes/others", "publisher");
        using var own = await DeleteAsync("scopes/own", "publisher");
        using var taken = await DeleteAsync("scopes/taken", "admin");

        Assert.Equal((HttpStatusCode.Forbidden, HttpStatusCode.Forbidden), (overwritten.StatusCode, others.StatusCode));
        Assert.Equal((HttpStatusCode.NoContent, HttpStatusCode.NoContent), (own.StatusCode, taken.StatusCode));

        Task<HttpResponseMessage> DeleteAsync(string id, string token) => client.SendAsync(HttpMethod.Delete, $"/v1/modules/{id}", json: null,
            ("Authorization", $"Bearer {token}"));
    }

    [Fact]
    public async Task Only_an_admin_sees_which_predictions_hold_a_module()
    {
        var client = await scoped.Service.ReadyAsync();
        Assert.Equal("publisher", (await client.PublishedAsync("scopes/usage", [5], "publisher")).Text("published_by"));

        using var reader = await client.FetchAsync("/v1/modules/scopes/usage/usage", ("Authorization", "Bearer reader"));
        using var admin = await client.FetchAsync("/v1/modules/scopes/usage/usage", ("Authorization", "Bearer admin"));

        Assert.Null((await reader.JsonAsync())["predictions"]);
        Assert.NotNull((await admin.JsonAsync())["predictions"]);
    }

    [Fact]
    public async Task Without_tokens_everything_is_open()
    {
        await using var service = new Service();
        var client = await service.ReadyAsync();
        await client.PublishedAsync("scopes/open", [1]);

        using var quarantined = await client.PostAsync("/v1/modules/scopes/open/quarantine", Reason);

        Assert.Equal(HttpStatusCode.OK, quarantined.StatusCode);
    }

    [Fact]
    public async Task An_invalid_scope_stops_the_start()
    {
        var run = await FinishedRun.OfAsync(Path.GetTempPath(), ["--urls", "http://127.0.0.1:0"],
            [.. TestTokens.Settings, ("Auth:Tokens:0:Scopes:0", "everything")]);

        Assert.Equal(1, run.Code);
        Assert.Contains("Auth:Tokens:0:Scopes must name one or more of read, predict, publish and admin.", run.Error, StringComparison.Ordinal);
    }
}

/// <summary>A service with a token for each scope, whose secret is its name.</summary>
public sealed class ScopedService : IAsyncDisposable
{
    public static readonly string[] Names = ["reader", "predictor", "publisher", "admin", "plain"];

    static readonly string[] Scopes = ["read", "predict", "publish", "admin"];

    internal Service Service { get; } = new([("Auth:Bare", "token"), .. Names.Index().SelectMany(name => Settings(name.Index, name.Item))]);

    public ValueTask DisposeAsync() => Service.DisposeAsync();

    static IEnumerable<(string Key, string Value)> Settings(int index, string name)
    {
        yield return ($"Auth:Tokens:{index}:Name", name);
        yield return ($"Auth:Tokens:{index}:Hash", Api.Security.Tokens.Hash(name));
        if (index < Scopes.Length)
        {
            yield return ($"Auth:Tokens:{index}:Scopes:0", Scopes[index]);
        }
    }
}
