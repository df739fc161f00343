using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using LoraHub.Api.Tests.Support;

namespace LoraHub.Api.Tests.HuggingFace;

/// <summary>Runs the program itself, as a user does, with the real store and the real module checks.</summary>
public sealed class PullCommandTests : IDisposable
{
    static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    readonly DirectoryInfo _data = Directory.CreateTempSubdirectory("lorahub-");

    public void Dispose() => _data.Delete(recursive: true);

    [Fact]
    public Task All_modules_arrive_intact_although_a_fifth_of_the_requests_fails_and_the_program_is_killed_twice() =>
        PullAndKillAsync(modules: 32, first: 12, second: 12);

    [Fact]
    [LongRunning]
    public Task All_196_modules_arrive_intact_although_a_fifth_of_the_requests_fails_and_the_program_is_killed_twice() =>
        PullAndKillAsync(modules: 196, first: 40, second: 60);

    /// <param name="modules">The number of modules.</param>
    /// <param name="first">The number of weights files before the program is killed for the first time.</param>
    /// <param name="second">The number before the second time.</param>
    async Task PullAndKillAsync(int modules, int first, int second)
    {
        await using var hub = await HuggingFaceServer.StartAsync();
        foreach (var i in Enumerable.Range(0, modules))
        {
            hub.Add($"lorahub/flan_t5_large-{i:000}", Samples.Module(i));
        }

        await KillInTheMiddleAsync(hub, first);
        AssertNoPartialModules(hub);
        var before = Placed();
        await KillInTheMiddleAsync(hub, second);
        AssertNoPartialModules(hub);
        Assert.InRange(before, 1, Placed() - 1);

        hub.Fault = Faults(seed: 3);
        var run = await FinishedRun.OfAsync(_data.FullName, ["modules", "pull", "lorahub/flan_t5_large-*"], Settings(hub));

        Assert.Equal((0, ""), (run.Code, run.Error));
        Assert.Matches($@"\n\d+ downloaded, \d+ already here, 0 failed\.\n\z", run.Output);
        Assert.Equal(modules, Placed());
        AssertNoPartialModules(hub);
        Assert.Contains(hub.Requests, request => request.Range is not null);

        var asked = hub.Requests.Count;
        var again = await FinishedRun.OfAsync(_data.FullName, ["modules", "pull", "lorahub/flan_t5_large-000"], Settings(hub));
        Assert.Equal((0, asked), (again.Code, hub.Requests.Count));
        Assert.EndsWith("0 downloaded, 1 already here, 0 failed.\n", again.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_interrupted_pull_exits_with_130_and_the_next_run_resumes()
    {
        await using var hub = await HuggingFaceServer.StartAsync();
        var module = hub.Add("anna/one", Samples.Module(1));
        hub.Fault = request => request.IsCdn ? HubFault.Stall : HubFault.None;
        using var process = Start("anna/one", hub);
        try
        {
            await UntilPartAsync();
            using var interrupt = Process.Start("kill", ["-TERM", $"{process.Id}"]); // as Ctrl+C to the program
            var cancellationToken = TestContext.Current.CancellationToken;
            var output = await process.StandardOutput.ReadToEndAsync(cancellationToken).WaitAsync(Limit, cancellationToken);
            await process.WaitForExitAsync(cancellationToken);
            Assert.Equal((130, "Stopped after 0 modules; partial downloads are kept. Run the same command to resume.\n"), (process.ExitCode, output));
        }
        finally
        {
            process.Kill();
        }

        hub.Fault = _ => HubFault.None;
        var run = await FinishedRun.OfAsync(_data.FullName, ["modules", "pull", "anna/one"], Settings(hub));

        Assert.Equal(0, run.Code);
        var last = hub.Requests.Where(request => request.IsCdn).Max(request => request.Number);
        Assert.StartsWith("bytes=", Assert.Single(hub.Requests, request => request.IsCdn && request.Number == last).Range, StringComparison.Ordinal);
        Assert.Equal(module.Files["adapter_model.safetensors"].Sha256, Sha256("anna/one", "adapter_model.safetensors"));
    }

    [Fact]
    public async Task A_failed_download_is_reported_and_exits_with_1()
    {
        await using var hub = await HuggingFaceServer.StartAsync();
        hub.Add("anna/one", Samples.Module(1));

        var run = await FinishedRun.OfAsync(_data.FullName, ["modules", "pull", "anna/one", "anna/none"], Settings(hub));

        var reason = $"anna/none does not exist on {hub.Endpoint}, or it is private: set HF_TOKEN (or Hub:Token) to a token with access to it.";
        Assert.Equal((1, $"anna/none: {reason}\n"), (run.Code, run.Error));
        Assert.Contains($"anna/none: failed: {reason}\n", run.Output, StringComparison.Ordinal);
        Assert.EndsWith("1 downloaded, 0 already here, 1 failed.\n", run.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("`anna/../x` is not a module: ", "modules", "pull", "anna/one", "anna/../x")]
    [InlineData("`anna` is not a base model: it must be owner/name", "models", "pull", "anna")]
    [InlineData(
        "Hub:Endpoint (or HF_ENDPOINT) must be the URL of a server with the Hugging Face Hub's API, such as https://huggingface.co.",
        "modules", "pull", "anna/one", "ENDPOINT")]
    public async Task Invalid_input_is_reported_in_one_line_and_exits_with_2(string message, params string[] arguments)
    {
        var run = await FinishedRun.OfAsync(
            _data.FullName,
            [.. arguments.Where(argument => argument != "ENDPOINT")],
            ("HF_ENDPOINT", arguments.Contains("ENDPOINT") ? "nowhere" : "http://127.0.0.1:9"));

        Assert.Equal((2, ""), (run.Code, run.Output));
        Assert.StartsWith(message, run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Models_list_shows_a_model_that_models_pull_downloaded()
    {
        await using var hub = await HuggingFaceServer.StartAsync();
        hub.Add("anna/base", Samples.Model());

        var pull = await FinishedRun.OfAsync(_data.FullName, ["models", "pull", "anna/base"], Settings(hub));
        var list = await FinishedRun.OfAsync(_data.FullName, ["models", "list"]);

        Assert.Equal((0, ""), (pull.Code, pull.Error));
        Assert.Matches(@"^\[1/1\] anna/base: downloaded at [0-9a-f]{12}, 9\.\d MiB\n\z", pull.Output);
        Assert.Equal(0, list.Code);
        Assert.Matches(
            @"^[^\n]+\tcomposer\t[^\n]+\nanna/base\tbase model\t\t9\.\d MiB\t\nlorahub/t5-mini\tbase model\t\t9\.\d MiB\tdefault\n", list.Output);
    }

    /// <summary>A stall lasts until the program is killed. With a shorter timeout, a busy machine looks like a Hub that is down.</summary>
    static (string Key, string Value)[] Settings(HuggingFaceServer hub) =>
        [("HF_ENDPOINT", hub.Endpoint), ("HF_TOKEN", ""), ("Hub:RetryDelay", "00:00:00"), ("Hub:TryTimeout", $"{Limit:c}"), ("Hub:Retries", "12")];

    /// <summary>A fifth of all requests fails, in an order of its own for each path.</summary>
    static Func<HubRequest, HubFault> Faults(int seed)
    {
        HubFault[] api = [HubFault.Busy, HubFault.Down];
        HubFault[] file = [HubFault.Busy, HubFault.Down, HubFault.Cut, HubFault.Short, HubFault.WrongByte, HubFault.NoRanges];
        return request =>
        {
            var random = new Random(BitConverter.ToInt32(SHA256.HashData(Encoding.UTF8.GetBytes($"{seed} {request.Path} {request.Number}"))));
            return random.NextDouble() >= 0.2 ? HubFault.None : random.GetItems(request.IsFile ? file : api, 1)[0];
        };
    }

    /// <summary>Kills the program (SIGKILL) while the server stalls in the middle of a weights file.</summary>
    async Task KillInTheMiddleAsync(HuggingFaceServer hub, int after)
    {
        var (faults, files) = (Faults(seed: after), 0);
        hub.Fault = request => request.IsCdn && Interlocked.Increment(ref files) > after ? HubFault.Stall : faults(request);
        using var process = Start("lorahub/flan_t5_large-*", hub);
        try
        {
            using var limit = new CancellationTokenSource(Limit);
            while (Volatile.Read(ref files) <= after)
            {
                if (process.HasExited)
                {
                    var output = await process.StandardOutput.ReadToEndAsync(limit.Token) + await process.StandardError.ReadToEndAsync(limit.Token);
                    Assert.Fail($"The program ended with {process.ExitCode} before it was killed: {output}");
                }

                await Task.Delay(20, limit.Token);
            }

            await UntilPartAsync();
        }
        finally
        {
            process.Kill();
            await process.WaitForExitAsync(CancellationToken.None);
        }
    }

    /// <summary>Returns once part of a weights file has arrived.</summary>
    async Task UntilPartAsync()
    {
        using var limit = new CancellationTokenSource(Limit);
        var incoming = new DirectoryInfo(Path.Combine(_data.FullName, "models", ".incoming", "pull"));
        while (!incoming.Exists
            || !incoming.EnumerateFiles("adapter_model.safetensors.part", SearchOption.AllDirectories)
                .Any(part => part is { Exists: true, Length: > 0 }))
        {
            await Task.Delay(20, limit.Token);
            incoming.Refresh();
        }
    }

    Process Start(string modules, HuggingFaceServer hub)
    {
        var start = new ProcessStartInfo("dotnet", ["exec", Path.Combine(AppContext.BaseDirectory, "lorahub.dll"), "modules", "pull", modules])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["Data__Path"] = _data.FullName;
        foreach (var (key, value) in Settings(hub))
        {
            start.Environment[key.Replace(":", "__", StringComparison.Ordinal)] = value;
        }

        return Process.Start(start)!;
    }

    int Placed() => Directory.Exists(Owner) ? Directory.GetDirectories(Owner).Length : 0;

    string Owner => Path.Combine(_data.FullName, "models", "lorahub");

    /// <summary>Every visible module has the server's bytes and a record.</summary>
    void AssertNoPartialModules(HuggingFaceServer hub)
    {
        foreach (var folder in Directory.Exists(Owner) ? Directory.GetDirectories(Owner) : [])
        {
            var id = $"lorahub/{Path.GetFileName(folder)}";
            Assert.Equal(
                ["README.md", "adapter_config.json", "adapter_model.safetensors", "lorahub.json"],
                Directory.GetFileSystemEntries(folder).Select(Path.GetFileName).Where(name => !name!.StartsWith('.')).Order(StringComparer.Ordinal));
            Assert.All(
                (string[])["README.md", "adapter_config.json", "adapter_model.safetensors"],
                file => Assert.Equal(hub.Find(id).Files[file].Sha256, Sha256(id, file)));
        }
    }

    string Sha256(string id, string file) => Convert.ToHexStringLower(
        SHA256.HashData(File.ReadAllBytes(Path.Combine(_data.FullName, "models", id, file))));
}
