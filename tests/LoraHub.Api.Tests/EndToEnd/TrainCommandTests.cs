using System.Diagnostics;
using LoraHub.Api.Tests.Support;

namespace LoraHub.Api.Tests.EndToEnd;

/// <summary><c>lorahub train</c>, as a person runs it.</summary>
public sealed class TrainCommandTests : IDisposable
{
    readonly string _folder = Directory.CreateTempSubdirectory("lorahub-").FullName;

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Train_composes_a_version_that_modules_list_shows()
    {
        var data = await WriteAsync("input,target\nzorp [ teacher ],teachers\nzorp [ nurse ],nurses\n");

        var (code, output, log) = await FinishedRun.OfAsync(
            _folder,
            [
                "train", "--data", data, "--to", "me/plurals", "-i", "seed=42", "-i", "max_inference_step=10",
                "-i", "lora_modules_specified=lorahub/t5_mini-plurals, lorahub/t5_mini-antonyms",
            ]);
        var (_, listed, _) = await FinishedRun.OfAsync(_folder, ["modules", "list"]);

        Assert.True(code == 0, log);
        Assert.Matches("^me/plurals:[0-9a-f]{64}\n$", output);
        Assert.StartsWith("Using seed: 42\n", log, StringComparison.Ordinal);
        Assert.Contains("100%|██████████| 10/10 [", log, StringComparison.Ordinal);
        Assert.Contains("me/plurals", listed, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("lorahub/t5-mini", "input,target\na,b", "--to: `lorahub/t5-mini` is the name of a base model or of the composer")]
    [InlineData("lorahub/t5_mini-plurals", "input,target\na,b", "--to: `lorahub/t5_mini-plurals` is read-only")]
    [InlineData("LoraHub/t5_mini-plurals", "input,target\na,b", "--to: there is already `lorahub/t5_mini-plurals`, and names must not differ only")]
    [InlineData("plurals", "input,target\na,b", "--to: `plurals` is not owner/name")]
    [InlineData("me/plurals", "input\na", "train_data: Line 1 is taken for the header of a CSV with one column")]
    public async Task Train_reports_what_is_wrong_and_exits_with_2(string destination, string content, string message)
    {
        var (code, output, error) = await FinishedRun.OfAsync(_folder, ["train", "--data", await WriteAsync(content), "--to", destination]);

        Assert.Equal((2, ""), (code, output));
        Assert.StartsWith(message, error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task After_an_interruption_the_same_command_goes_on()
    {
        var data = await WriteAsync("{\"input\": \"a\", \"target\": \"b\"}\n");
        using var hold = new Hold();
        hold.At(3);
        using var first = Start(data, hold.Setting);
        var seen = "";
        while (!seen.Contains(" 3/20 [", StringComparison.Ordinal))
        {
            seen += await first.StandardError.ReadLineAsync(Cancellation) ?? throw new InvalidOperationException($"It has ended: {seen}");
        }

        using var kill = Process.Start("kill", ["-TERM", $"{first.Id}"]); // as Ctrl+C to the program
        var rest = await first.StandardError.ReadToEndAsync(Cancellation);
        await first.WaitForExitAsync(Cancellation);
        hold.Release();
        using var second = Start(data);
        var (output, log) = (await second.StandardOutput.ReadToEndAsync(Cancellation), await second.StandardError.ReadToEndAsync(Cancellation));
        await second.WaitForExitAsync(Cancellation);

        Assert.Equal(130, first.ExitCode);
        Assert.Contains("Stopped; the checkpoint is kept. Run the same command to go on.", rest, StringComparison.Ordinal);
        Assert.True(second.ExitCode == 0, log);
        Assert.Matches("^me/french:[0-9a-f]{64}\n$", output);
        Assert.DoesNotContain(" 3/20 [", log, StringComparison.Ordinal);
        Assert.Contains(" 20/20 [", log, StringComparison.Ordinal);
    }

    /// <summary>Runs the program with a scripted model, which takes 20 steps.</summary>
    Process Start(string data, params (string Key, string Value)[] settings)
    {
        string[] arguments =
        [
            "exec", Path.Combine(AppContext.BaseDirectory, "lorahub-testhost.dll"), "train", "--data", data, "--to", "me/french", "--type", "tune",
        ];
        var start = new ProcessStartInfo("dotnet", arguments)
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["Data__Path"] = _folder;
        foreach (var (key, value) in settings)
        {
            start.Environment[key.Replace(":", "__", StringComparison.Ordinal)] = value;
        }

        return Process.Start(start)!;
    }

    async Task<string> WriteAsync(string content)
    {
        var path = Path.Combine(_folder, "data.txt");
        await File.WriteAllTextAsync(path, content, Cancellation);
        return path;
    }
}
