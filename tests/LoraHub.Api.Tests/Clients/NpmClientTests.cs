namespace LoraHub.Api.Tests.Clients;

/// <summary>Drives the service with Replicate's unmodified JavaScript client. Its tests are in <c>replicate/</c>.</summary>
public sealed class NpmClientTests(NpmClient client) : IClassFixture<NpmClient>
{
    [Theory]
    [InlineData("predictions")]
    [InlineData("streams")]
    [InlineData("files")]
    [InlineData("webhooks")]
    [InlineData("resources")]
    [InlineData("models")]
    [InlineData("deployments")]
    [InlineData("trainings")]
    public async Task The_tests_of_the_replicate_client_pass(string subject)
    {
        Assert.SkipWhen(client.Missing is not null, client.Missing ?? ""); // .ci/run installs Node.js and counts a skipped test as failed

        var (code, output) = await client.TestAsync($"{subject}.test.mjs");

        Assert.True(code == 0, output);
    }
}
