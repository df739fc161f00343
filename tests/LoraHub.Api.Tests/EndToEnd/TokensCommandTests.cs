using System.Net;
using System.Text.RegularExpressions;
using LoraHub.Api.Tests.Support;

namespace LoraHub.Api.Tests.EndToEnd;

public sealed partial class TokensCommandTests
{
    [Fact]
    public async Task The_printed_token_works_with_the_printed_settings()
    {
        var run = await FinishedRun.OfAsync(Path.GetTempPath(), ["tokens", "new", "anna"]);

        Assert.Equal(0, run.Code);
        var token = Assert.Single(Token().Matches(run.Output)).Value.Trim();
        var settings = Setting().Matches(run.Output)
            .Select(match => (match.Groups["key"].Value.Replace("__", ":", StringComparison.Ordinal), match.Groups["value"].Value)).ToArray();
        await using var service = new Service(settings);
        var client = await service.ReadyAsync();
        using var without = await client.FetchAsync("/v1/predictions");
        using var with = await client.FetchAsync("/v1/predictions", TestTokens.Header(token));
        Assert.Equal(HttpStatusCode.Unauthorized, without.StatusCode);
        Assert.Equal(HttpStatusCode.OK, with.StatusCode);
    }

    [Fact]
    public async Task An_invalid_name_gets_no_token()
    {
        var run = await FinishedRun.OfAsync(Path.GetTempPath(), ["tokens", "new", "two words"]);

        Assert.NotEqual(0, run.Code);
        Assert.Contains("a token's name is 1 to 64 letters", run.Error, StringComparison.Ordinal);
        Assert.DoesNotMatch(Token(), run.Output);
    }

    [GeneratedRegex("^ *lh_[A-Za-z0-9_-]{40,}$", RegexOptions.Multiline, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Token();

    [GeneratedRegex("^ *(?<key>Auth__[A-Za-z0-9_]+)=(?<value>.+)$", RegexOptions.Multiline | RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000)]
    private static partial Regex Setting();
}
