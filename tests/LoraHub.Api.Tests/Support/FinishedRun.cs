using System.Diagnostics;

namespace LoraHub.Api.Tests.Support;

/// <summary>The result of a run of the real program.</summary>
sealed record FinishedRun(int Code, string Output, string Error)
{
    public static async Task<FinishedRun> OfAsync(string dataPath, IEnumerable<string> arguments, params (string Key, string Value)[] settings)
    {
        var start = new ProcessStartInfo("dotnet", ["exec", Path.Combine(AppContext.BaseDirectory, "lorahub.dll"), .. arguments])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["Data__Path"] = dataPath;
        start.Environment["Inference__Threads"] = "1";
        foreach (var (key, value) in settings)
        {
            start.Environment[key.Replace(":", "__", StringComparison.Ordinal)] = value;
        }

        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        using var process = Process.Start(start)!;
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(limit.Token);
            var error = process.StandardError.ReadToEndAsync(limit.Token);
            await process.WaitForExitAsync(limit.Token);
            return new FinishedRun(process.ExitCode, await output, await error);
        }
        finally
        {
            process.Kill(); // stops a process that still runs, such as a server that should not have started
        }
    }
}
