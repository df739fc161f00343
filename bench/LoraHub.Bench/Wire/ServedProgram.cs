using System.Diagnostics;

namespace LoraHub.Bench.Wire;

/// <summary>Runs the test host (the real program with a scripted model) in a separate process, on a free port and an empty data folder.</summary>
sealed class ServedProgram : IAsyncDisposable
{
    readonly Process _process;
    readonly Task _drained;

    ServedProgram(Process process, string dataPath, Uri address)
    {
        _process = process;
        _drained = process.StandardOutput.BaseStream.CopyToAsync(Stream.Null); // a full pipe would block it
        DataPath = dataPath;
        Address = address;
    }

    public Uri Address { get; }

    public string DataPath { get; }

    /// <summary>The process's resident memory in MiB.</summary>
    public double ResidentMiB
    {
        get
        {
            _process.Refresh();
            return _process.WorkingSet64 / (1024.0 * 1024.0);
        }
    }

    /// <summary>The largest resident memory since <see cref="ResetPeak"/> in MiB (Linux).</summary>
    public double PeakMiB => long.Parse(
        File.ReadLines($"/proc/{_process.Id}/status").First(line => line.StartsWith("VmHWM:", StringComparison.Ordinal)).Split()[^2],
        System.Globalization.CultureInfo.InvariantCulture) / 1024.0;

    public TimeSpan ProcessorTime
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    /// <exception cref="InvalidOperationException">The program ended before it listened.</exception>
    public static async Task<ServedProgram> StartAsync(params string[] settings)
    {
        const string Listening = "Now listening on: ";
        var dataPath = Directory.CreateTempSubdirectory("lorahub-bench-").FullName;
        var program = Path.Combine(AppContext.BaseDirectory, "lorahub-testhost.dll");
        var process = Process.Start(new ProcessStartInfo(
            "dotnet", ["exec", program, "--urls", "http://127.0.0.1:0", "--Data:Path", dataPath, .. settings])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
        })!;
        while (await process.StandardOutput.ReadLineAsync() is { } line)
        {
            var at = line.IndexOf(Listening, StringComparison.Ordinal);
            if (at >= 0)
            {
                return new ServedProgram(process, dataPath, new Uri(line[(at + Listening.Length)..]));
            }
        }

        throw new InvalidOperationException("The test host ended before it listened.");
    }

    public void ResetPeak() => File.WriteAllText($"/proc/{_process.Id}/clear_refs", "5");

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _drained;
        await _process.WaitForExitAsync();
        _process.Dispose();
        Directory.Delete(DataPath, recursive: true);
    }
}
