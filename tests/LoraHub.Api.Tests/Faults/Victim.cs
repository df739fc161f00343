using LoraHub.Api.Tests.Support;

namespace LoraHub.Api.Tests.Faults;

/// <summary>Something that is killed without a word and started again.</summary>
abstract class Victim(string name)
{
    public string Name => name;

    public abstract Task StartAsync();

    public abstract Task KillAsync();
}

/// <summary>A server that the processes stand on.</summary>
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

    /// <summary>What its processes have written.</summary>
    public string Log { get; private set; } = "";

    public override async Task StartAsync() => _process = await TestHostProcess.StartAsync(_data, [("urls", $"http://127.0.0.1:{port}"), .. settings]);

    public override async Task KillAsync()
    {
        await (_process?.KillAsync() ?? Task.CompletedTask); // one that did not start has nothing to kill
        await ForgetAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await ForgetAsync();
        Directory.Delete(_data, recursive: true);
    }

    async Task ForgetAsync()
    {
        if (_process is { } process)
        {
            _process = null;
            await process.DisposeAsync();
            Log += process.Log;
        }
    }
}
