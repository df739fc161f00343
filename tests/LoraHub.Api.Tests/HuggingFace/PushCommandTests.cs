using System.Diagnostics;
using System.Text.Json.Nodes;
using LoraHub.Api.Tests.Support;

namespace LoraHub.Api.Tests.HuggingFace;

/// <summary>Runs <c>lorahub modules push --to hf</c> as a user does.</summary>
public sealed class PushCommandTests : IDisposable
{
    const string Module = "lorahub/t5_mini-parity_safetensors";

    static readonly string[] Push = ["modules", "push", Module, "--to", "hf", "--as", "anna/parity"];

    readonly DirectoryInfo _data = Directory.CreateTempSubdirectory("lorahub-");

    public void Dispose() => _data.Delete(recursive: true);

    [Fact]
    public async Task A_module_of_the_library_is_pushed_and_a_second_run_says_that_it_is_there()
    {
        await using var hub = await HuggingFaceServer.StartAsync();

        var first = await RunAsync(hub, [.. Push, "--private", "--message", "First words"]);
        var second = await RunAsync(hub, [.. Push, "--json"]);

        Assert.Equal((0, ""), (first.Code, first.Error));
        Assert.Matches(
            $@"^{hub.Endpoint}/anna/parity at [0-9a-f]{{12}}: README\.md, adapter_config\.json, adapter_model\.safetensors; "
                + @"\d+\.\d KiB uploaded\.\n\z",
            first.Output);
        Assert.Equal("First words", (string?)Assert.Single(hub.Uploads.Commits).Lines[0]["value"]!["summary"]);
        var repository = hub.Find("anna/parity");
        Assert.True(repository.IsPrivate);
        Assert.Contains(
            "base_model: lorahub/t5-mini\n",
            System.Text.Encoding.UTF8.GetString(repository.Files["README.md"].Content),
            StringComparison.Ordinal);
        Assert.Equal((0, ""), (second.Code, second.Error));
        var data = JsonNode.Parse(second.Output)!;
        Assert.Equal(("anna/parity", repository.Commit, 0), ((string)data["id"]!, (string)data["commit"]!, (int)data["uploaded_bytes"]!));
        Assert.Empty(data["files"]!.AsArray());
    }

    [Fact]
    public async Task A_refused_token_is_one_line_and_never_shown()
    {
        await using var hub = await HuggingFaceServer.StartAsync();
        hub.Answer = (http, _) =>
        {
            HuggingFaceServer.Refuse(http, 401, "");
            return Task.FromResult(true);
        };

        var run = await RunAsync(hub, Push);

        Assert.Equal((1, ""), (run.Code, run.Output));
        Assert.Equal("The Hub does not accept the token: set HF_TOKEN (or Hub:Token) to one with write permission for anna/parity.\n", run.Error);
    }

    [Theory]
    [InlineData("Pushing to the Hub needs a token with write permission: set HF_TOKEN (or Hub:Token), or use --token.", "--to", "hf", "--as", "a/b")]
    [InlineData("--private and --message go with --to hf.", "--to", "http://127.0.0.1:9", "--private")]
    [InlineData("--base: `x` is not owner/name, such as google/flan-t5-large.", "--to", "hf", "--base", "x", "--token", "hf_secret")]
    [InlineData("--to: it must be the service's URL, such as http://host:5000, or hf.", "--to", "hub")]
    [InlineData("--as: `x` is not owner/name.", "--to", "hf", "--as", "x")]
    public async Task Invalid_input_is_reported_in_one_line_and_exits_with_2(string message, params string[] arguments)
    {
        var run = await FinishedRun.OfAsync(
            _data.FullName, ["modules", "push", Module, .. arguments], ("HF_ENDPOINT", "http://127.0.0.1:9"), ("HF_TOKEN", ""));

        Assert.Equal((2, "", $"{message}\n"), (run.Code, run.Output, run.Error));
    }

    [Fact]
    public async Task A_push_killed_in_the_middle_of_the_weights_leaves_nothing_visible_and_the_next_run_completes_it()
    {
        await using var hub = await HuggingFaceServer.StartAsync();
        var stalled = new TaskCompletionSource();
        hub.Fault = request =>
        {
            if (request is { IsCdn: true, Method: "PUT" })
            {
                stalled.TrySetResult();
                return HubFault.Stall;
            }

            return HubFault.None;
        };
        using (var process = Start(hub))
        {
            await stalled.Task.WaitAsync(TimeSpan.FromMinutes(2), TestContext.Current.CancellationToken);
            process.Kill();
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        }

        Assert.Empty(hub.Uploads.Commits);
        Assert.Equal([".gitattributes"], hub.Find("anna/parity").Files.Keys);
        hub.Fault = _ => HubFault.None;

        Assert.Equal(0, (await RunAsync(hub, Push)).Code);

        Assert.Single(hub.Uploads.Commits);
    }

    [Fact]
    public async Task An_interrupted_push_exits_with_130()
    {
        await using var hub = await HuggingFaceServer.StartAsync();
        var stalled = new TaskCompletionSource();
        hub.Fault = request => request.IsCdn && stalled.TrySetResult() ? HubFault.Stall : HubFault.None;
        using var process = Start(hub);
        try
        {
            await stalled.Task.WaitAsync(TimeSpan.FromMinutes(2), TestContext.Current.CancellationToken);
            using var interrupt = Process.Start("kill", ["-TERM", $"{process.Id}"]); // as Ctrl+C to the program
            var cancellationToken = TestContext.Current.CancellationToken;
            await process.WaitForExitAsync(cancellationToken);
            Assert.Equal(
                (130, "", "Stopped; files that arrived whole are not sent again. Run the same command to resume.\n"),
                (process.ExitCode,
                    await process.StandardOutput.ReadToEndAsync(cancellationToken),
                    await process.StandardError.ReadToEndAsync(cancellationToken)));
        }
        finally
        {
            process.Kill();
        }
    }

    async Task<FinishedRun> RunAsync(HuggingFaceServer hub, string[] arguments)
    {
        var run = await FinishedRun.OfAsync(_data.FullName, arguments, Settings(hub));
        Assert.DoesNotContain("hf_secret", run.Output + run.Error, StringComparison.Ordinal);
        return run;
    }

    Process Start(HuggingFaceServer hub)
    {
        var start = new ProcessStartInfo("dotnet", ["exec", Path.Combine(AppContext.BaseDirectory, "lorahub.dll"), .. Push])
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

    /// <summary>A stall lasts until the program is killed; with a shorter timeout it could try again before.</summary>
    static (string Key, string Value)[] Settings(HuggingFaceServer hub) =>
        [("HF_ENDPOINT", hub.Endpoint), ("HF_TOKEN", "hf_secret"), ("Hub:RetryDelay", "00:00:00"), ("Hub:TryTimeout", "00:10:00")];
}
