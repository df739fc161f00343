using LoraHub.Api.Tests.Support;

namespace LoraHub.Api.Tests.EndToEnd;

/// <summary>The program with a scripted model, as a process.</summary>
public sealed class TestHostTests
{
    [Fact]
    public async Task It_answers_on_a_port_of_its_own_and_ends_when_asked()
    {
        await using var host = await TestHostProcess.StartAsync(("TestHost:SetupMilliseconds", "50"));
        var client = await host.ReadyAsync();

        var prediction = await client.PostJsonAsync("/predictions", """{"input": {"seed": 5}}""");

        Assert.Equal("succeeded", prediction.Text("status"));
        Assert.Equal(0, await host.TerminateAsync());
        Assert.Contains("The worker is ready.", host.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_killed_one_is_gone_and_its_data_stay()
    {
        var data = Directory.CreateTempSubdirectory("lorahub-");
        try
        {
            await using (var host = await TestHostProcess.StartAsync(data.FullName))
            {
                await host.KillAsync();
                Assert.True(host.HasExited);
            }

            Assert.True(data.Exists);
        }
        finally
        {
            data.Delete(recursive: true);
        }
    }
}
