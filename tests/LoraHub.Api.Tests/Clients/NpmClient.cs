using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using LoraHub.Api.Tests.Support;
using LoraHub.Api.Tests.Webhooks;

namespace LoraHub.Api.Tests.Clients;

/// <summary>The npm package <c>replicate</c> at its locked version, and the real program with a scripted model to test it against.</summary>
public sealed class NpmClient : IAsyncLifetime
{
    const string Token = "lh_a-token-of-the-npm-clients-tests";

    readonly Hold _hold = new();

    TestHostProcess? _service;

    static string Folder => Path.Combine(Repository.Root, "tests", "LoraHub.Api.Tests", "Clients", "replicate");

    /// <summary>Why the client cannot run here, or null.</summary>
    public string? Missing { get; private set; }

    public async ValueTask InitializeAsync()
    {
        if (await RunAsync("node", "--version") is null || await RunAsync("npm", "--version") is null)
        {
            Missing = "Node.js is not installed: the npm client `replicate` was NOT run against the service.";
            return;
        }

        if (!Directory.Exists(Path.Combine(Folder, "node_modules", "replicate")))
        {
            var (code, output) = (await RunAsync("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"))!.Value;
            Assert.True(code == 0, output);
        }

        _service = await TestHostProcess.StartAsync(
            Receiver.Allowed,
            _hold.Setting,
            ("Auth:Tokens:0:Name", "npm"),
            ("Auth:Tokens:0:Scopes:0", "admin"), // it reads the webhooks' secret
            ("Auth:Tokens:0:Hash", $"sha256:{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Token)))}"));
        await _service.ReadyAsync();
    }

    /// <returns>The results and the output of the client's tests in the file.</returns>
    public async Task<(int Code, string Output)> TestAsync(string file) => (await RunAsync("node", "--test", "--test-reporter=spec", file))!.Value;

    public async ValueTask DisposeAsync()
    {
        if (_service is not null)
        {
            await _service.DisposeAsync();
        }

        _hold.Dispose();
    }

    /// <returns>Null when the program is not installed.</returns>
    async Task<(int Code, string Output)?> RunAsync(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            UseShellExecute = false,
            WorkingDirectory = Folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["LORAHUB_URL"] = _service?.Client.BaseAddress!.OriginalString.TrimEnd('/');
        start.Environment["LORAHUB_TOKEN"] = Token;
        start.Environment["LORAHUB_HOLD"] = _hold.Setting.Value;
        try
        {
            using var process = Process.Start(start)!;
            var output = process.StandardOutput.ReadToEndAsync();
            var error = process.StandardError.ReadToEndAsync();
            using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(3));
            await process.WaitForExitAsync(limit.Token);
            return (process.ExitCode, await output + await error);
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }
}
