using LoraHub.Api.Tests.Support;

namespace LoraHub.Api.Tests.Cog.Recorded;

/// <summary>The test host as a process in each state that exchanges need; started on first use.</summary>
public sealed class RecordedServices : IAsyncDisposable
{
    readonly Dictionary<string, TestHostProcess> _hosts = [];

    internal async Task<HttpClient> InAsync(string state)
    {
        if (!_hosts.TryGetValue(state, out var host))
        {
            host = _hosts[state] = await TestHostProcess.StartAsync(state switch
            {
                "ready" => [],
                "starting" => [("TestHost:SetupMilliseconds", "600000")],
                "failed" => [("TestHost:SetupFails", "true")],
                _ => throw new NotSupportedException($"There is no state {state}."),
            });
        }

        return state == "starting" ? host.Client : await host.ReadyAsync();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var host in _hosts.Values)
        {
            await host.DisposeAsync();
        }
    }
}
