using System.Net;

namespace LoraHub.Api.Tests.Support;

/// <summary>Shares one service per set of settings among tests that leave no state in it: a start takes longer than hundreds of requests.</summary>
public sealed class ServicePool : IAsyncDisposable
{
    readonly Dictionary<string, Service> _services = new(StringComparer.Ordinal);

    /// <summary>A service whose requests come from a public address.</summary>
    internal Service Get(params (string Key, string Value)[] settings) => Get(Sender.Outside, settings);

    internal Service Get(IPAddress sender, params (string Key, string Value)[] settings) =>
        Get($"{sender} {string.Join(' ', settings)}", () => new Service(settings) { Sender = sender });

    /// <param name="key">Identifies the service.</param>
    /// <param name="create">Called for the first test that needs it.</param>
    internal Service Get(string key, Func<Service> create) => _services.TryGetValue(key, out var known) ? known : _services[key] = create();

    public async ValueTask DisposeAsync()
    {
        foreach (var service in _services.Values)
        {
            await service.DisposeAsync();
        }
    }
}
