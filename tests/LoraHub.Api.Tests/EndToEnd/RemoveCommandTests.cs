using LoraHub.Api.Tests.Support;
using LoraHub.Core.Predictions;

namespace LoraHub.Api.Tests.EndToEnd;

/// <summary><c>lorahub modules remove</c> asks the service's records what uses a module.</summary>
public sealed class RemoveCommandTests : IAsyncDisposable
{
    const string Module = "me/french";

    readonly string _copy = Directory.CreateTempSubdirectory("lorahub-").FullName;
    readonly Service _service = new();

    public async ValueTask DisposeAsync()
    {
        await _service.DisposeAsync();
        Directory.Delete(_copy, recursive: true);
    }

    [Fact]
    public async Task A_module_in_use_stays_unless_its_removal_is_forced()
    {
        var client = await _service.ReadyAsync();
        await client.PublishedAsync(Module, [1, 2]);
        await client.PublishedAsync("me/free", [3, 4]);
        var running = await RemoveAsync(_service.DataPath, Module);
        Assert.Equal(2, running.Code);
        Assert.Contains("a service is running on the data folder", running.Error, StringComparison.Ordinal);
        Assert.Contains("DELETE /v1/modules/me/french", running.Error, StringComparison.Ordinal);

        _service.Predictor.Script = run =>
        {
            run.CancellationToken.WaitHandle.WaitOne();
            throw new OperationCanceledException(run.CancellationToken);
        };
        var prediction = await client.PostJsonAsync(
            "/v1/predictions", $$$"""{"version": "lorahub/lorahub", "input": {"lora_modules_specified": "{{{Module}}}"}}""");
        await _service.UntilAsync<PredictionEvent.Started>(prediction.Text("id")!);
        CopyFolder(_service.DataPath, _copy); // as the folder of a service that was killed now

        var held = await RemoveAsync(_copy, Module);
        Assert.Equal(2, held.Code);
        Assert.Contains($"the queued prediction {prediction.Text("id")} uses it", held.Error, StringComparison.Ordinal);
        Assert.True(Directory.Exists(Path.Combine(_copy, "models", Module)));

        Assert.Equal((0, ""), Outcome(await RemoveAsync(_copy, "me/free")));
        Assert.Equal((0, ""), Outcome(await RemoveAsync(_copy, Module, "--force")));
        Assert.False(Directory.Exists(Path.Combine(_copy, "models", Module)));
    }

    static (int Code, string Error) Outcome(FinishedRun run) => (run.Code, run.Error);

    static Task<FinishedRun> RemoveAsync(string data, string module, params string[] options) =>
        FinishedRun.OfAsync(data, ["modules", "remove", module, "--yes", .. options]);

    static void CopyFolder(string from, string to)
    {
        var files = Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories);
        foreach (var file in files.Where(file => !file.EndsWith(".lock", StringComparison.Ordinal)))
        {
            var copy = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
    }
}
