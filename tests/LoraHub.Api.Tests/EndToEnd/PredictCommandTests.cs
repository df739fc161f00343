using LoraHub.Api.Tests.Support;

namespace LoraHub.Api.Tests.EndToEnd;

/// <summary>Runs the real program from its command line.</summary>
public sealed class PredictCommandTests
{
    [Fact]
    public async Task Predict_shows_the_log_the_weights_and_the_answers_and_writes_the_adapter()
    {
        var folder = Directory.CreateTempSubdirectory("lorahub-");
        try
        {
            var examples = Path.Combine(folder.FullName, "inputs.txt");
            await File.WriteAllTextAsync(examples, "zorp [ teacher ]\nzorp [ nurse ]\nzorp [ life ]\n", TestContext.Current.CancellationToken);
            var adapter = Path.Combine(folder.FullName, "adapter");

            var (code, output, log) = await RunAsync(
                folder.FullName,
                "-i", $"example_inputs=@{examples}", "-i", "example_outputs=teachers\nnurses\nlives", "-i", "seed=42", "-i", "max_inference_step=10",
                "-i", "lora_modules_specified=lorahub/t5_mini-plurals, lorahub/t5_mini-antonyms", "-i", "test_inputs=zorp [ dog ]", "-o", adapter);

            Assert.Equal(0, code);
            Assert.StartsWith("Using seed: 42\n", log, StringComparison.Ordinal);
            Assert.Contains("100%|██████████| 10/10 [", log, StringComparison.Ordinal);
            Assert.EndsWith($"The adapter is in {adapter}.\n", log, StringComparison.Ordinal);
            Assert.Matches(@"^weight\tmodule\n-?\d\.\d{4}\tlorahub/t5_mini-(plurals|antonyms)\n", output);
            Assert.EndsWith("\nzorp [ dog ] → dogs\n", output, StringComparison.Ordinal);
            Assert.Equal(
                ["README.md", "adapter_config.json", "adapter_model.safetensors", "trace.json"],
                Directory.EnumerateFiles(adapter).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Theory]
    [InlineData("seed=soon", "seed: \"soon\" is not of type \"integer\"")]
    [InlineData("seeds=1", "`seeds` is not an input. The inputs are: example_inputs, ")]
    [InlineData("seed", "`seed` is not name=value.")]
    [InlineData("example_inputs=@/no/such/file", "example_inputs: there is no file `/no/such/file`.")]
    [InlineData("lora_modules_specified=nobody/nothing", "lora_modules_specified: `nobody/nothing` is not recognized.")]
    public async Task Predict_reports_an_invalid_input_and_exits_with_2(string input, string message)
    {
        var (code, output, error) = await RunAsync(Path.GetTempPath(), "-i", input);

        Assert.Equal(2, code);
        Assert.Empty(output);
        Assert.StartsWith(message, error, StringComparison.Ordinal);
    }

    static Task<FinishedRun> RunAsync(string dataPath, params string[] arguments) => FinishedRun.OfAsync(dataPath, ["predict", .. arguments]);
}
