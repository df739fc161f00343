using System.Diagnostics;
using LoraHub.Servers;

namespace LoraHub.Bench.Pages;

/// <summary>
/// Debian's nginx with the configuration that compose ships, in front of nodes on this machine: only the ports, the pid file and where the nodes are
/// found differ.
/// </summary>
sealed class Nginx : IAsyncDisposable
{
    const string Program = "/usr/sbin/nginx";

    readonly DirectoryInfo _folder;
    readonly Process _process;

    Nginx(DirectoryInfo folder, Process process, Uri address) => (_folder, _process, Address) = (folder, process, address);

    public static bool IsInstalled => File.Exists(Program);

    public Uri Address { get; }

    public double ResidentMiB => Processes().Sum(process => process.WorkingSet64) / (1024.0 * 1024.0);

    public TimeSpan ProcessorTime => TimeSpan.FromTicks(Processes().Sum(process => process.TotalProcessorTime.Ticks));

    public static async Task<Nginx> StartAsync(string root, params int[] nodes)
    {
        var folder = Directory.CreateTempSubdirectory("lorahub-nginx-");
        var port = NatsProcess.FreePort();
        var upstream = $"upstream nodes {{ {string.Concat(nodes.Select(node => $"server 127.0.0.1:{node}; "))}}}";
        var shipped = await File.ReadAllTextAsync(Path.Combine(root, "deploy", "compose", "nginx.conf"));
        var configuration = Replaced(
            shipped,
            ("pid /tmp/nginx.pid;", $"pid {folder.FullName}/nginx.pid;"),
            ("http {", $"http {{\n  {upstream}"),
            ("listen 8080;", $"listen 127.0.0.1:{port};"),
            ("http://api:5000;", "http://nodes;"));
        var file = Path.Combine(folder.FullName, "nginx.conf");
        await File.WriteAllTextAsync(file, configuration);
        var process = Process.Start(Program, ["-c", file, "-g", "daemon off;"]);
        var nginx = new Nginx(folder, process, new Uri($"http://127.0.0.1:{port}"));
        using var client = new HttpClient { BaseAddress = nginx.Address };
        while (true)
        {
            try
            {
                using var answer = await client.GetAsync(new Uri("/health-check", UriKind.Relative));
                return nginx;
            }
            catch (HttpRequestException) when (!process.HasExited)
            {
                await Task.Delay(50);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        using (var quit = Process.Start("kill", ["-QUIT", $"{_process.Id}"]))
        {
            await quit.WaitForExitAsync();
        }

        await _process.WaitForExitAsync();
        _process.Dispose();
        _folder.Delete(recursive: true);
    }

    static string Replaced(string text, params (string Old, string New)[] changes)
    {
        foreach (var (old, changed) in changes)
        {
            text = text.Contains(old, StringComparison.Ordinal)
                ? text.Replace(old, changed, StringComparison.Ordinal)
                : throw new InvalidOperationException($"The shipped nginx.conf has no \"{old}\" any more.");
        }

        return text;
    }

    /// <summary>The master and its workers.</summary>
    IEnumerable<Process> Processes() => File.ReadAllText($"/proc/{_process.Id}/task/{_process.Id}/children")
        .Split(' ', StringSplitOptions.RemoveEmptyEntries)
        .Select(id => Process.GetProcessById(int.Parse(id, System.Globalization.CultureInfo.InvariantCulture)))
        .Append(Process.GetProcessById(_process.Id));
}
