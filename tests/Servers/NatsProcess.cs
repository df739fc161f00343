using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using NATS.Client.Core;

namespace LoraHub.Servers;

/// <summary>A real nats-server with JetStream on a free local port, and its folder, which is deleted with it.</summary>
public class NatsProcess : IAsyncDisposable
{
    const string Program = "/usr/sbin/nats-server";

    readonly int _port = FreePort();
    Process? _process;

    /// <summary>The folder of its data.</summary>
    public string Folder { get; } = ServerFolder.New("nats");

    /// <summary>The most bytes that it stores; null for no limit.</summary>
    public long? MaxFileStore { get; init; }

    public static bool IsInstalled => File.Exists(Program);

    public string Url => $"nats://127.0.0.1:{_port}";

    public async Task StartAsync()
    {
        Directory.CreateDirectory(Folder);
        var settings = Path.Combine(Folder, "nats.conf");
        var limit = MaxFileStore is { } bytes ? $", max_file_store: {bytes}" : "";
        await File.WriteAllTextAsync(settings, $"jetstream {{ store_dir: \"{Folder}\"{limit} }}");
        _process = Process.Start(new ProcessStartInfo(Program,
        [
            "-c", settings, "-a", "127.0.0.1", "-p", $"{_port}", "-l", Path.Combine(Folder, "log"),
            "-P", Path.Combine(Folder, ServerFolder.PidFile),
        ]));
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        while (true)
        {
            try
            {
                await using var connection = new NatsConnection(NatsOpts.Default with { Url = Url });
                await connection.PingAsync(patience.Token);
                return;
            }
            catch (NatsException)
            {
                await Task.Delay(50, patience.Token);
            }
        }
    }

    /// <summary>Kills the server, as a power failure would: it saves nothing more.</summary>
    public async Task KillAsync()
    {
        _process!.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        _process = null;
    }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (_process is not null)
        {
            await KillAsync();
        }

        if (Directory.Exists(Folder))
        {
            Directory.Delete(Folder, recursive: true);
        }
    }

    /// <summary>
    /// A port that is free now, and that the system gives to nobody who asks for any port (Linux's begin at 32,768): a server that is killed finds it
    /// free when it starts again.
    /// </summary>
    public static int FreePort()
    {
        while (true)
        {
            using var listener = new TcpListener(IPAddress.Loopback, Random.Shared.Next(10_000, 32_768));
            try
            {
                listener.Start();
                return ((IPEndPoint)listener.LocalEndpoint).Port;
            }
            catch (SocketException)
            {
                // It is taken.
            }
        }
    }
}
