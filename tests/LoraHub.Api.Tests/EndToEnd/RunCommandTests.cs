using System.Diagnostics;
using System.Text.Json.Nodes;
using LoraHub.Api.Tests.Support;

namespace LoraHub.Api.Tests.EndToEnd;

/// <summary>Runs <c>lorahub run</c> as a user does, with the shipped model and modules.</summary>
public sealed class RunCommandTests : IDisposable
{
    const string Module = "lorahub/t5_mini-french", Prompt = "en>fr window";

    readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("lorahub-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task A_module_answers_a_prompt_on_standard_output_and_logs_to_standard_error()
    {
        var run = await RunAsync(Module, Prompt);

        Assert.Equal((0, "fenêtre\n"), (run.Code, run.Output));
        Assert.StartsWith("Using seed: ", run.Error, StringComparison.Ordinal);
        Assert.Contains(Module, run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Json_holds_the_pieces_and_stands_alone_on_standard_output()
    {
        var run = await RunAsync(Module, Prompt, "-i", "seed=7", "-i", "max_new_tokens=20", "--json");

        Assert.Equal(0, run.Code);
        var data = JsonNode.Parse(run.Output)!;
        Assert.Equal((Module, "succeeded", 7), (data.Text("model"), data.Text("status"), (int)data["seed"]!));
        Assert.Matches("^[0-9a-f]{64}$", data.Text("version"));
        Assert.Equal("fenêtre", string.Concat(data["output"]!.AsArray()));
        Assert.True((double)data["metrics"]!["output_token_count"]! > 0);
    }

    [Fact]
    public async Task A_version_can_be_named_and_the_base_model_answers_without_a_module()
    {
        var shown = await FinishedRun.OfAsync(_folder.FullName, ["models", "show", Module, "--json"]);
        var version = JsonNode.Parse(shown.Output)!.Text("version");

        Assert.Equal("fenêtre\n", (await RunAsync($"{Module}:{version}", Prompt)).Output);
        Assert.Equal("fenêtre\n", (await RunAsync(version!, Prompt)).Output);
        Assert.NotEqual("fenêtre\n", (await RunAsync("lorahub/t5-mini", Prompt)).Output);
    }

    [Fact]
    public async Task The_prompt_can_come_from_standard_input()
    {
        var start = new ProcessStartInfo("dotnet", ["exec", Path.Combine(AppContext.BaseDirectory, "lorahub.dll"), "run", Module, "-"])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["Data__Path"] = _folder.FullName;
        using var process = Process.Start(start)!;
        await process.StandardInput.BaseStream.WriteAsync("\uFEFFen>fr window\r\n"u8.ToArray(), TestContext.Current.CancellationToken);
        process.StandardInput.Close();
        var error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);

        Assert.Equal("fenêtre\n", await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken));
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(process.ExitCode == 0, await error);
    }

    [Theory]
    [InlineData("There is no model `lorahub/t5_mini-frensh` here; `lorahub models list` shows all models. Did you mean `lorahub/t5_mini-french`?\n",
        "lorahub/t5_mini-frensh", "x")]
    [InlineData("There is no model `../up` here; `lorahub models list` shows all models.\n", "../up", "x")]
    [InlineData("`lorahub/lorahub` composes modules for a task; use `lorahub predict`.\n", "lorahub/lorahub", "x")]
    [InlineData("temperature: ", Module, "x", "-i", "temperature=-1")]
    [InlineData("num_beams: ", Module, "x", "-i", "num_beams=1000")]
    [InlineData("prompt: ", Module, "")]
    [InlineData(
        "`top` is not an input. The inputs are: max_new_tokens, temperature, top_p, top_k, num_beams, seed, stop.", Module, "x", "-i", "top=1")]
    [InlineData("--token goes with --url.\n", Module, "x", "--token", "lh_secret")]
    [InlineData("--url: it must be the service's URL, such as http://host:5000.\n", Module, "x", "--url", "host")]
    [InlineData("Required argument missing for command: 'run'.", Module)]
    public async Task Invalid_input_is_reported_in_one_line_and_exits_with_2(string message, params string[] arguments)
    {
        var run = await RunAsync(arguments);

        Assert.Equal(2, run.Code);
        Assert.StartsWith(message, run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Models_lists_and_shows_what_can_be_called()
    {
        var list = await FinishedRun.OfAsync(_folder.FullName, ["models", "list"]);
        var shown = await FinishedRun.OfAsync(_folder.FullName, ["models", "show", Module]);
        var json = await FinishedRun.OfAsync(_folder.FullName, ["models", "show", "lorahub/t5-mini", "--json"]);
        var none = await FinishedRun.OfAsync(_folder.FullName, ["models", "show", "me/none"]);

        var lines = list.Output.Split('\n');
        Assert.Equal("lorahub/lorahub\tcomposer\tlorahub/t5-mini\t\t", lines[0]);
        Assert.Matches("^lorahub/t5-mini\tbase model\t\t9\\.\\d MiB\tdefault$", lines[1]);
        Assert.Contains(lines, line => line.StartsWith($"{Module}\tmodule\tlorahub/t5-mini\t", StringComparison.Ordinal));
        Assert.Equal((0, ""), (shown.Code, shown.Error));
        Assert.Matches($"(?m)^version\t[0-9a-f]{{64}}\n", shown.Output);
        Assert.Contains($"\ncall\tlorahub run {Module} PROMPT\n", shown.Output, StringComparison.Ordinal);
        Assert.Contains("\ntemperature\tnumber\t0\t0 to 5\t", shown.Output, StringComparison.Ordinal);
        var model = JsonNode.Parse(json.Output)!;
        Assert.Equal(("lorahub/t5-mini", "base model"), (model.Text("model"), model.Text("kind")));
        Assert.Equal("prompt", model["inputs"]![0]!.Text("input"));
        Assert.Equal((2, "There is no model `me/none` here; `lorahub models list` shows all models.\n"), (none.Code, none.Error));
    }

    Task<FinishedRun> RunAsync(params string[] arguments) => FinishedRun.OfAsync(_folder.FullName, ["run", .. arguments]);
}
