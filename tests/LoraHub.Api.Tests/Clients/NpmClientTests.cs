namespace LoraHub.Api.Tests.Clients;

/// <summary>The client that most users of Replicate's API have, unmodified, drives the service. Its tests are in <c>replicate/</c>.</summary>
public sealed class NpmClientTests(NpmClient client) : IClassFixture<NpmClient>
{
    [Theory]
    [InlineData("predictions")]
    [InlineData("streams")]
    [InlineData("files")]
    [InlineData("webhooks")]
    [InlineData("resources")]
    public async Task The_replicate_client_finds_what_it_expects(string subject)
    {
        Assert.SkipWhen(client.Missing is not null, client.Missing ?? ""); // .ci/run installs Node.js and takes a skipped test for a failed one

        var (code, output) = await client.TestAsync($"{subject}.test.mjs");

        Assert.True(code == 0, output);
    }
}
