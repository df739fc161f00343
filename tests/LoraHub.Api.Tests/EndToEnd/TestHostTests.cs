using LoraHub.Api.Tests.Support;

namespace LoraHub.Api.Tests.EndToEnd;

/// <summary>The program with a scripted model, as a process.</summary>
public sealed class TestHostTests
{
    [Fact]
    public async Task The_process_answers_on_its_own_port_and_exits_on_SIGTERM()
    {
        await using var host = await TestHostProcess.StartAsync(("TestHost:SetupMilliseconds", "50"));
        var client = await host.ReadyAsync();

        var prediction = await client.PostJsonAsync("/predictions", """{"input": {"seed": 5}}""");

        Assert.Equal("succeeded", prediction.Text("status"));
        Assert.Equal(0, await host.TerminateAsync());
        Assert.Contains("The worker is ready.", host.Log, StringComparison.Ordinal);
    }
}
