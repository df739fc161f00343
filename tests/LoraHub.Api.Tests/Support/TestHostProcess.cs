using System.Diagnostics;
using System.Text;

namespace LoraHub.Api.Tests.Support;

/// <summary>
/// Runs the real program with a scripted model (see <c>tests/LoraHub.TestHost</c>) as a process, on a free port and its own data folder.
/// </summary>
sealed class TestHostProcess : IAsyncDisposable
{
    const string Listening = "Now listening on: ";

    readonly StringBuilder _log = new();
    readonly TaskCompletionSource<Uri> _address = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly Process _process;
    readonly bool _ownsData;

    TestHostProcess(Process process, string dataPath, bool ownsData)
    {
        _process = process;
        DataPath = dataPath;
        _ownsData = ownsData;
        process.OutputDataReceived += (_, line) => Read(line.Data);
        process.ErrorDataReceived += (_, line) => Read(line.Data);
    }

    public string DataPath { get; }

    /// <summary>A client of the process, which this object disposes. Only the caller's token cancels requests.</summary>
    public HttpClient Client { get; private set; } = null!;

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    /// <summary>The process's output so far, in lines.</summary>
    public string Log
    {
        get
        {
            lock (_log)
            {
                return _log.ToString();
            }
        }
    }

    /// <returns>Once the port is open; the model may still be loading (see <see cref="ReadyAsync"/>).</returns>
    public static Task<TestHostProcess> StartAsync(params (string Key, string Value)[] settings) => StartAsync(dataPath: null, settings);

    /// <param name="dataPath">A data folder that the caller owns, or null for one that is deleted with the process.</param>
    /// <inheritdoc cref="StartAsync(ValueTuple{string, string}[])"/>
    public static Task<TestHostProcess> StartAsync(string? dataPath, params (string Key, string Value)[] settings) =>
        StartProgramAsync(Path.Combine(AppContext.BaseDirectory, "lorahub-testhost.dll"), dataPath, settings);

    /// <param name="program">The path of another program with the same output, such as the shipped one.</param>
    /// <inheritdoc cref="StartAsync(string?, ValueTuple{string, string}[])"/>
    public static async Task<TestHostProcess> StartProgramAsync(string program, string? dataPath, params (string Key, string Value)[] settings)
    {
        var data = dataPath ?? Directory.CreateTempSubdirectory("lorahub-").FullName;
        var url = settings.FirstOrDefault(setting => setting.Key == "urls").Value ?? "http://127.0.0.1:0";
        var start = new ProcessStartInfo("dotnet", ["exec", program, "--urls", url])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["Data__Path"] = data;
        foreach (var (key, value) in settings)
        {
            start.Environment[key.Replace(":", "__", StringComparison.Ordinal)] = value;
        }

        var host = new TestHostProcess(new Process { StartInfo = start, EnableRaisingEvents = true }, data, ownsData: dataPath is null);
        try
        {
            await host.OpenAsync();
            return host;
        }
        catch
        {
            await host.DisposeAsync();
            throw;
        }
    }

    /// <summary>Waits for the end of the setup and returns the client.</summary>
    public async Task<HttpClient> ReadyAsync()
    {
        using var limit = new CancellationTokenSource(Limits.Start);
        while ((await Client.GetJsonAsync("/health-check")).Text("status") == "STARTING")
        {
            await Task.Delay(20, limit.Token);
        }

        return Client;
    }

    /// <summary>Waits until the output has a line that contains the text.</summary>
    public async Task UntilLogAsync(string text)
    {
        using var limit = new CancellationTokenSource(Limits.Wait);
        while (!Log.Contains(text, StringComparison.Ordinal))
        {
            await Task.Delay(20, limit.Token);
        }
    }

    /// <summary>Kills the process, as a power failure does.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await ExitedAsync();
    }

    /// <summary>Stops the process (SIGTERM), as an orchestrator does.</summary>
    /// <returns>Its exit code.</returns>
    public async Task<int> TerminateAsync()
    {
        await SignalAsync("TERM");
        return await ExitedAsync();
    }

    /// <summary>Stops the process where it is (SIGSTOP): its connections stay open, and it answers nothing.</summary>
    public Task FreezeAsync() => SignalAsync("STOP");

    /// <summary>Lets a frozen process go on.</summary>
    public Task ThawAsync() => SignalAsync("CONT");

    async Task SignalAsync(string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", $"{_process.Id}"]);
        await kill.WaitForExitAsync();
    }

    /// <returns>The exit code, once the process has ended by itself.</returns>
    public async Task<int> ExitedAsync()
    {
        using var limit = new CancellationTokenSource(Limits.Wait);
        await _process.WaitForExitAsync(limit.Token);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        Client?.Dispose();
        if (!_process.HasExited)
        {
            await KillAsync();
        }

        _process.Dispose();
        if (_ownsData)
        {
            Directory.Delete(DataPath, recursive: true);
        }
    }

    async Task OpenAsync()
    {
        _process.Exited += (_, _) => _address.TrySetException(new InvalidOperationException($"The test host has ended before it listened:\n{Log}"));
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        var address = await _address.Task.WaitAsync(Limits.Start);
        Client = new HttpClient { BaseAddress = address, Timeout = Timeout.InfiniteTimeSpan };
    }

    void Read(string? line)
    {
        if (line is null)
        {
            return;
        }

        lock (_log)
        {
            _log.AppendLine(line);
        }

        var start = line.IndexOf(Listening, StringComparison.Ordinal);
        if (start >= 0)
        {
            // the line may be JSON
            _address.TrySetResult(new Uri(line[(start + Listening.Length)..].Split(['"', '\\'], StringSplitOptions.RemoveEmptyEntries)[0].Trim()));
        }
    }
}
