using System.Diagnostics;
using LoraHub.Core.Predictions;
using Npgsql;

namespace LoraHub.Servers;

/// <summary>
/// A real PostgreSQL on a free local port, and its folder, which is deleted with it. It syncs to disk, as by default.
/// </summary>
public class PostgresProcess : IAsyncDisposable
{
    static readonly string? Programs = Directory.Exists("/usr/lib/postgresql")
        ? Directory.EnumerateDirectories("/usr/lib/postgresql").Select(version => Path.Combine(version, "bin"))
            .FirstOrDefault(programs => File.Exists(Path.Combine(programs, "initdb")))
        : null;

    readonly string _folder = ServerFolder.New("postgres");
    readonly int _port = NatsProcess.FreePort();

    Process? _process;

    string Url => $"Host=127.0.0.1;Port={_port};Username=postgres";

    public static bool IsInstalled => Programs is not null;

    /// <summary>A new, empty database.</summary>
    /// <returns>Its connection string.</returns>
    public async Task<string> NewDatabaseAsync()
    {
        var name = $"test_{PredictionId.New()}";
        await using var source = NpgsqlDataSource.Create($"{Url};Pooling=false");
        await using var command = source.CreateCommand($"CREATE DATABASE {name}");
        await command.ExecuteNonQueryAsync();
        return $"{Url};Database={name};Maximum Pool Size=20";
    }

    /// <summary>Makes the folder, for the first start.</summary>
    public async Task InitializeFolderAsync()
    {
        using var process = Run("initdb", "-D", _folder, "-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8");
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"initdb has ended with {process.ExitCode}.");
        }
    }

    public async Task StartAsync()
    {
        _process = RunServer();
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        await using var source = NpgsqlDataSource.Create($"{Url};Pooling=false");
        while (true)
        {
            try
            {
                await using var connection = await source.OpenConnectionAsync(limit.Token);
                return;
            }
            catch (NpgsqlException)
            {
                await Task.Delay(100, limit.Token);
                if (_process.HasExited) // a killed server's last process has not ended yet, and it shares memory with it
                {
                    _process.Dispose();
                    _process = RunServer();
                }
            }
        }
    }

    Process RunServer() => Run(
        "postgres", "-D", _folder, "-p", $"{_port}", "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c",
        "max_connections=300");

    /// <summary>Kills the server: it saves nothing more, and recovers when it starts.</summary>
    public async Task KillAsync()
    {
        _process!.Kill(entireProcessTree: true); // those that serve connections too, or they would keep the next server out
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

        if (Directory.Exists(_folder))
        {
            Directory.Delete(_folder, recursive: true);
        }
    }

    /// <summary>PostgreSQL refuses to run as root: then it runs as the user that its package made.</summary>
    static Process Run(string program, params string[] arguments)
    {
        string[] command = Environment.UserName == "root" ? ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] : [];
        command = [.. command, Path.Combine(Programs!, program), .. arguments];
        var process = Process.Start(new ProcessStartInfo(command[0], command[1..])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Path.GetTempPath(),
        })!;
        process.OutputDataReceived += (_, _) => { };
        process.ErrorDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }
}
