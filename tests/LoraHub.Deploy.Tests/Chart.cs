using System.Diagnostics;
using System.Text.Json.Nodes;
using LoraHub.Api.Tests.Support;

namespace LoraHub.Deploy.Tests;

/// <summary>The Helm chart, rendered by <c>deploy/helm/render</c>, which Go runs.</summary>
public sealed class Chart : IAsyncLifetime
{
    readonly string _folder = Directory.CreateTempSubdirectory("lorahub-chart-").FullName;

    static string Helm => Path.Combine(Repository.Root, "deploy", "helm");

    string Renderer => Path.Combine(_folder, "render");

    /// <summary>Debian's packages install their sources there; <c>.ci/run</c> installs them.</summary>
    public async ValueTask InitializeAsync()
    {
        var (code, output) = await RunAsync("go", "build", "-o", Renderer, Path.Combine(Helm, "render", "main.go"));
        Assert.True(code == 0, output);
    }

    /// <param name="values">Values that override the chart's own, in YAML.</param>
    public async Task<IReadOnlyList<JsonObject>> RenderAsync(string values)
    {
        var (code, output) = await TryAsync(values);
        Assert.True(code == 0, output);
        return Yaml.Documents(output);
    }

    /// <returns>The manifests, or the error.</returns>
    public async Task<(int Code, string Output)> TryAsync(string values)
    {
        var file = Path.Combine(_folder, Path.GetRandomFileName());
        await File.WriteAllTextAsync(file, values, TestContext.Current.CancellationToken);
        return await RunAsync(Renderer, Path.Combine(Helm, "lorahub"), file);
    }

    public ValueTask DisposeAsync()
    {
        Directory.Delete(_folder, recursive: true);
        return ValueTask.CompletedTask;
    }

    static async Task<(int Code, string Output)> RunAsync(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        (start.Environment["GO111MODULE"], start.Environment["GOPATH"], start.Environment["GOFLAGS"]) = ("off", "/usr/share/gocode", "");
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(3));
        await process.WaitForExitAsync(limit.Token);
        return (process.ExitCode, await output + await error);
    }
}
