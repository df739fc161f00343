using LoraHub.Api.Tests.Support;

namespace LoraHub.Api.Tests.Faults;

/// <summary>A process or server that is killed and restarted.</summary>
abstract class Victim(string name)
{
    public string Name => name;

    public abstract Task StartAsync();

    public abstract Task KillAsync();
}

/// <summary>A server that the processes depend on.</summary>
sealed class Server(string name, Func<Task> start, Func<Task> kill) : Victim(name)
{
    public override Task StartAsync() => start();

    public override Task KillAsync() => kill();
}

/// <summary>A process of the service, always on the same port and data folder.</summary>
sealed class Node(string name, int port, (string Key, string Value)[] settings) : Victim(name), IAsyncDisposable
{
    readonly string _data = Directory.CreateTempSubdirectory("lorahub-").FullName;
    TestHostProcess? _process;

    public Uri Address { get; } = new($"http://127.0.0.1:{port}");

    /// <summary>The output of its processes.</summary>
    public string Log { get; private set; } = "";

    public override async Task StartAsync() =>
        _process = await TestHostProcess.StartAsync(_data, [("urls", $"http://127.0.0.1:{port}"), .. settings]);

    public override async Task KillAsync()
    {
        await (_process?.KillAsync() ?? Task.CompletedTask); // null when it did not start
        await DisposeProcessAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await DisposeProcessAsync();
        Directory.Delete(_data, recursive: true);
    }

    async Task DisposeProcessAsync()
    {
        if (_process is { } process)
        {
            _process = null;
            await process.DisposeAsync();
            Log += process.Log;
        }
    }
}
