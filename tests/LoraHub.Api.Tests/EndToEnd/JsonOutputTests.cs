using System.Text.Json.Nodes;
using LoraHub.Api.Tests.Support;

namespace LoraHub.Api.Tests.EndToEnd;

/// <summary>Every verb writes its result as JSON, alone on standard output, when asked.</summary>
public sealed class JsonOutputTests : IDisposable
{
    readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("lorahub-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task The_life_of_a_module_can_be_followed_in_json()
    {
        var source = Path.Combine(Repository.Root, "models", "lorahub", "t5_mini-plurals");

        var added = await JsonAsync("modules", "add", source, "--as", "me/plurals");
        Assert.Equal(("me/plurals", "added"), ((string?)added["module"], (string?)added["outcome"]));
        Assert.Matches("^[0-9a-f]{64}$", (string?)added["version"]);
        Assert.Equal("present", (string?)(await JsonAsync("modules", "add", source, "--as", "me/plurals"))["outcome"]);

        Assert.Equal("checked", (string?)(await JsonAsync("modules", "quarantine", "me/plurals", "--reason", "checked"))["quarantine"]);
        Assert.Null((await JsonAsync("modules", "release", "me/plurals"))["quarantine"]);

        var verified = await JsonAsync("modules", "verify", "me/plurals");
        Assert.Equal((1, 0), ((int)verified["unchanged"]!, verified["changed"]!.AsArray().Count));

        Assert.True((bool)(await JsonAsync("modules", "remove", "me/plurals", "--yes"))["removed"]!);
    }

    [Fact]
    public async Task A_token_comes_with_its_settings()
    {
        var token = await JsonAsync("tokens", "new", "anna", "--scopes", "read,publish");

        Assert.StartsWith("lh_", (string?)token["token"], StringComparison.Ordinal);
        Assert.Equal(
            ["Auth__Tokens__0__Name", "Auth__Tokens__0__Hash", "Auth__Tokens__0__Scopes__0", "Auth__Tokens__0__Scopes__1"],
            token["settings"]!.AsObject().Select(setting => setting.Key));
    }

    [Theory]
    [InlineData("predict")]
    [InlineData("run")]
    [InlineData("publish")]
    [InlineData("evaluate")]
    [InlineData("models", "list")]
    [InlineData("models", "show")]
    [InlineData("models", "pull")]
    [InlineData("modules", "list")]
    [InlineData("modules", "search")]
    [InlineData("modules", "show")]
    [InlineData("modules", "pull")]
    [InlineData("modules", "push")]
    public async Task The_other_verbs_have_the_option_too(params string[] verb)
    {
        var help = await FinishedRun.OfAsync(_folder.FullName, [.. verb, "--help"]);

        Assert.Contains("--json", help.Output, StringComparison.Ordinal);
    }

    async Task<JsonObject> JsonAsync(params string[] arguments)
    {
        var run = await FinishedRun.OfAsync(_folder.FullName, [.. arguments, "--json"]);

        Assert.Equal((0, ""), (run.Code, run.Error));
        return JsonNode.Parse(run.Output)!.AsObject();
    }
}
