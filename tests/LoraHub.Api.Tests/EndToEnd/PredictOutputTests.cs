using System.Text;
using System.Text.Json.Nodes;
using LoraHub.Api.Tests.Support;

namespace LoraHub.Api.Tests.EndToEnd;

/// <summary>What <c>lorahub predict</c> reads and writes, with the real program.</summary>
public sealed class PredictOutputTests : IDisposable
{
    const string Weights = """module_weights={"lorahub/t5_mini-plurals":1}""";

    readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("lorahub-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task The_json_is_alone_on_standard_output_and_names_the_saved_files()
    {
        var adapter = Path.Combine(_folder.FullName, "adapter");

        var run = await RunAsync("-i", Weights, "-i", "test_inputs=zorp [ dog ]", "-i", "seed=3", "-o", adapter, "--json");

        Assert.Equal(0, run.Code);
        Assert.StartsWith("Using seed: 3\n", run.Error, StringComparison.Ordinal);
        var json = JsonNode.Parse(run.Output)!;
        Assert.Equal("succeeded", (string?)json["status"]);
        Assert.Equal(3, (long)json["seed"]!);
        Assert.Equal(["dogs"], json["output"]!["predictions"]!.AsArray().Select(answer => (string?)answer));
        Assert.Equal("lorahub/t5_mini-plurals", (string?)json["output"]!["weights"]![0]!["module"]);
        Assert.Equal(adapter, (string?)json["output"]!["adapter"]);
        Assert.True(File.Exists(Path.Combine(adapter, "adapter_model.safetensors")));
    }

    [Fact]
    public async Task Without_a_folder_it_says_that_the_adapter_was_not_saved()
    {
        var run = await RunAsync("-i", Weights, "--json");

        Assert.EndsWith("\nThe adapter was not saved; use -o FOLDER to save it.\n", run.Error, StringComparison.Ordinal);
        Assert.Null(JsonNode.Parse(run.Output)!["output"]!["adapter"]);
    }

    [Fact]
    public async Task A_dataset_gives_the_examples_and_the_inputs_to_answer()
    {
        var dataset = Write("examples.csv", "input,output\r\nzorp [ cat ],cats\r\n\"zorp [ bird ]\",birds\r\nzorp [ dog ],\r\n");

        var run = await RunAsync("--dataset", dataset, "-i", Weights);

        Assert.Equal(0, run.Code);
        Assert.EndsWith("\nzorp [ dog ] → dogs\n", run.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("example_inputs")]
    [InlineData("test_inputs")]
    public async Task A_file_that_is_not_UTF_8_is_refused(string input)
    {
        var file = Path.Combine(_folder.FullName, "french.txt");
        await File.WriteAllBytesAsync(file, Encoding.Latin1.GetBytes("mère\nlait\n"), TestContext.Current.CancellationToken);

        var run = await RunAsync("-i", $"{input}=@{file}");

        Assert.Equal((2, ""), (run.Code, run.Output));
        Assert.Equal(
            $"{input}: `{file}` is not UTF-8 text; convert it, for example with `iconv -f WINDOWS-1252 -t UTF-8 {file}`.\n", run.Error);
    }

    [Theory]
    [InlineData("examples.csv", "question;answer\n", "must name the columns `input` and `output`.")]
    [InlineData("examples.csv", "input,output\na,b\nc\n", "line 3: it has 1 cells, but the first line has 2;")]
    [InlineData("examples.csv", "input,output\na,\"b\n", "line 2: a quoted cell does not end.")]
    [InlineData("examples.jsonl", "{\"input\": \"a\", \"output\": \"b\"}\n{\"input\": 7}\n", "line 2: a line is a JSON object such as")]
    [InlineData("examples.jsonl", "{\"input\": \"a\"}\n", "has no example; at least one line needs an `input` and an `output`.")]
    [InlineData("examples.xlsx", "", "must be a .jsonl, .csv or .tsv file.")]
    public async Task A_malformed_dataset_is_refused(string name, string content, string message)
    {
        var run = await RunAsync("--dataset", Write(name, content));

        Assert.Equal((2, ""), (run.Code, run.Output));
        Assert.StartsWith("--dataset: ", run.Error, StringComparison.Ordinal);
        Assert.Contains(message, run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Examples_come_from_the_dataset_or_from_inputs_but_not_from_both()
    {
        var run = await RunAsync("--dataset", Write("examples.tsv", "input\ttarget\na\tb\n"), "-i", "example_outputs=c");

        Assert.Equal(
            new FinishedRun(2, "", "example_outputs is in --dataset already; leave out -i example_outputs.\n"), run);
    }

    [Fact]
    public async Task The_help_names_every_input()
    {
        var run = await RunAsync("--help");

        Assert.All(
            Core.Predictions.Inputs.InputSchema.Fields, field => Assert.Contains(field.Name, run.Output, StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_help_of_the_program_lists_commands_and_no_inputs()
    {
        var run = await FinishedRun.OfAsync(Path.Combine(_folder.FullName, "data"), ["--help"]);

        Assert.Contains("  predict ", run.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("example_inputs", run.Output, StringComparison.Ordinal);
    }

    string Write(string name, string content)
    {
        var path = Path.Combine(_folder.FullName, name);
        File.WriteAllText(path, content);
        return path;
    }

    Task<FinishedRun> RunAsync(params string[] arguments) =>
        FinishedRun.OfAsync(Path.Combine(_folder.FullName, "data"), ["predict", .. arguments]);
}
