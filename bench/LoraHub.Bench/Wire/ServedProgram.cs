using System.Diagnostics;

namespace LoraHub.Bench.Wire;

/// <summary>
/// Runs the program, or the test host (the program with a scripted model), in a separate process, on a free port and an empty data folder.
/// </summary>
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

    /// <summary>Starts the test host.</summary>
    /// <exception cref="InvalidOperationException">The program ended before it listened.</exception>
    public static Task<ServedProgram> StartAsync(params string[] settings) => StartAsync("lorahub-testhost.dll", settings);

    /// <summary>Starts the program with its models.</summary>
    /// <inheritdoc cref="StartAsync(string[])"/>
    public static Task<ServedProgram> StartWithModelsAsync(params string[] settings) => StartAsync("lorahub.dll", settings);

    static async Task<ServedProgram> StartAsync(string file, string[] settings)
    {
        const string Listening = "Now listening on: ";
        var dataPath = Directory.CreateTempSubdirectory("lorahub-bench-").FullName;
        var program = Path.Combine(AppContext.BaseDirectory, file);
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

        throw new InvalidOperationException($"{file} ended before it listened.");
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
