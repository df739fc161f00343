using System.Diagnostics;
using System.Text;

namespace LoraHub.Api.Tests.Support;

/// <summary>The real program with a scripted model (see <c>tests/LoraHub.TestHost</c>) as a process of its own, on a free port and a data folder of its own.</summary>
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

    /// <summary>A client of the process; its owner is this object. Requests end with the caller's token alone.</summary>
    public HttpClient Client { get; private set; } = null!;

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    /// <summary>All that it has written so far, in lines.</summary>
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

    /// <param name="dataPath">A data folder that outlives the process and is the caller's, or null for one that goes with it.</param>
    /// <inheritdoc cref="StartAsync(ValueTuple{string, string}[])"/>
    public static async Task<TestHostProcess> StartAsync(string? dataPath, params (string Key, string Value)[] settings)
    {
        var data = dataPath ?? Directory.CreateTempSubdirectory("lorahub-").FullName;
        var url = settings.FirstOrDefault(setting => setting.Key == "urls").Value ?? "http://127.0.0.1:0";
        var start = new ProcessStartInfo("dotnet", ["exec", Path.Combine(AppContext.BaseDirectory, "lorahub-testhost.dll"), "--urls", url])
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

    /// <summary>The client, once the setup has ended.</summary>
    public async Task<HttpClient> ReadyAsync()
    {
        using var limit = new CancellationTokenSource(Limits.Wait);
        while ((await Client.GetJsonAsync("/health-check")).Text("status") == "STARTING")
        {
            await Task.Delay(20, limit.Token);
        }

        return Client;
    }

    /// <summary>Waits until it has written a line that holds the text.</summary>
    public async Task UntilLogAsync(string text)
    {
        using var limit = new CancellationTokenSource(Limits.Wait);
        while (!Log.Contains(text, StringComparison.Ordinal))
        {
            await Task.Delay(20, limit.Token);
        }
    }

    /// <summary>Ends it at once, as a power cut does.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await ExitedAsync();
    }

    /// <summary>Asks it to end (SIGTERM), as an orchestrator does.</summary>
    /// <returns>Its exit code.</returns>
    public async Task<int> TerminateAsync()
    {
        using var kill = Process.Start("kill", ["-TERM", $"{_process.Id}"]);
        return await ExitedAsync();
    }

    /// <returns>Its exit code, once it has ended by itself.</returns>
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
        var address = await _address.Task.WaitAsync(Limits.Wait);
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
            _address.TrySetResult(new Uri(line[(start + Listening.Length)..].Split(['"', '\\'], StringSplitOptions.RemoveEmptyEntries)[0].Trim())); // the line may be JSON
        }
    }
}
