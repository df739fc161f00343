using System.Diagnostics;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using LoraHub.Api.Tests.Support;
using LoraHub.Core.Predictions.Inputs;

namespace LoraHub.Api.Tests.EndToEnd;

/// <summary>README.md and docs/inputs.md match the program.</summary>
public sealed partial class ReadmeTests(RealService service) : IClassFixture<RealService>
{
    static readonly string Readme = File.ReadAllText(Path.Combine(Repository.Root, "README.md"));

    static readonly string Inputs = File.ReadAllText(Path.Combine(Repository.Root, "docs", "inputs.md"));

    [Fact]
    public async Task The_request_in_the_readme_returns_the_answer_in_the_readme()
    {
        var client = await service.ReadyAsync();

        using var request = new StringContent(Request().Match(Readme).Groups["json"].Value, Encoding.UTF8, "application/json");
        var prediction = await (await client.PostAsync("/predictions", request, TestContext.Current.CancellationToken))
            .Content.ReadFromJsonAsync<JsonNode>(TestContext.Current.CancellationToken);

        var (expected, actual) = (JsonNode.Parse(Answer().Match(Readme).Groups["json"].Value)!, prediction!["output"]!);
        Assert.Equal(expected["predictions"]!.ToJsonString(), actual["predictions"]!.ToJsonString());
        Assert.Equal(expected["accuracy"]!.ToJsonString(), actual["accuracy"]!.ToJsonString());
        Assert.Equal((double)expected["loss"]!["zero_shot"]!, (double)actual["loss"]!["zero_shot"]!, 1e-5);

        // COBYLA can diverge with the rounding of another processor (tests/golden/README.md, "Traces"): the best loss then moves by a few hundredths.
        Assert.Equal((double)expected["loss"]!["adapted"]!, (double)actual["loss"]!["adapted"]!, 0.033);
    }

    [Fact]
    public void The_table_of_inputs_has_every_input_with_its_default_and_range()
    {
        Assert.All(InputSchema.Fields, field =>
        {
            var row = Assert.Single(Inputs.Split('\n'), line => line.StartsWith($"| `{field.Name}` |", StringComparison.Ordinal));
            if (field.Type != InputType.Lines)
            {
                Assert.Contains(field.Default?.ToString() ?? "null", row, StringComparison.Ordinal);
            }

            if (field.Maximum is not null)
            {
                Assert.Contains($"{field.Minimum}–{field.Maximum}", row, StringComparison.Ordinal);
            }
        });
    }

    [Fact]
    public async Task The_command_in_the_readme_reads_and_writes_in_the_folder_where_it_is_typed()
    {
        var folder = Directory.CreateTempSubdirectory("lorahub-");
        try
        {
            var project = Path.Combine(Repository.Root, "src", "LoraHub.Api");
            var commands = Command().Match(Readme).Groups["sh"].Value.Replace(
                "dotnet run --project src/LoraHub.Api",
                $"dotnet run --no-build -c {Path.GetFileName(AppContext.BaseDirectory.TrimEnd('/'))} --project '{project}'",
                StringComparison.Ordinal);
            var start = new ProcessStartInfo("sh", ["-ec", commands])
            {
                WorkingDirectory = folder.FullName,
                UseShellExecute = false,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            };
            start.Environment["Data__Path"] = Path.Combine(folder.FullName, "data");
            using var shell = Process.Start(start)!;
            var errors = shell.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
            await shell.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
            await shell.WaitForExitAsync(TestContext.Current.CancellationToken);

            Assert.True(shell.ExitCode == 0, await errors);
            Assert.True(File.Exists(Path.Combine(folder.FullName, "my-adapter", "adapter_config.json")));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [GeneratedRegex(@"```sh\n(?<sh>printf .*?)```", RegexOptions.Singleline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Command();

    [GeneratedRegex(@"/predictions .*? -d '(?<json>\{.*?\})'\n```", RegexOptions.Singleline | RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000)]
    private static partial Regex Request();

    [GeneratedRegex(@"```json\n(?<json>.*?)```", RegexOptions.Singleline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Answer();
}
