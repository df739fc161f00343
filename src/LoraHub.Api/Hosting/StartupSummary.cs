using LoraHub.Api.Http;
using LoraHub.Api.Models;
using LoraHub.Api.Security;
using LoraHub.Api.Telemetry;
using LoraHub.Api.Worker;
using LoraHub.Core;
using LoraHub.Inference;
using LoraHub.Modules.Folders;
using LoraHub.Modules.Library;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Options;

namespace LoraHub.Api.Hosting;

/// <summary>Logs at start what a person needs to use the service: its version, URLs, data folder, models, device and who has access.</summary>
sealed partial class StartupSummary(
    IServer server,
    IHostApplicationLifetime lifetime,
    IConfiguration configuration,
    IOptions<DataOptions> data,
    IOptions<InferenceOptions> inference,
    IOptions<AuthOptions> access,
    IOptions<TelemetryOptions> telemetry,
    IOptions<PageOptions> pages,
    BaseModels bases,
    ModuleLibrary library,
    ILogger<StartupSummary> logger) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = lifetime.ApplicationStarted.Register(started.SetResult); // the addresses are known from then on
        await started.Task.WaitAsync(stoppingToken);

        var role = configuration.Role();
        LogVersion(Composer.ProgramVersion, role.ToString().ToLowerInvariant());
        foreach (var url in server.Features.Get<IServerAddressesFeature>()?.Addresses ?? [])
        {
            LogUrl(url, hasPages: role != Role.Worker);
        }

        LogDataFolder(Path.GetFullPath(data.Value.Path));
        LogModels();
        if (role != Role.Api)
        {
            LogDevice(inference.Value.Device, inference.Value.Precision.ToString().ToLowerInvariant(), inference.Value.Threads);
        }

        if (role != Role.Worker)
        {
            LogAccess();
        }

        foreach (var line in SettingRules.Unknown(configuration))
        {
            LogUnknownSetting(line);
        }
    }

    /// <summary>Logs an address as a URL that can be opened: wildcards stand for every address of the machine.</summary>
    void LogUrl(string address, bool hasPages)
    {
        var parsed = BindingAddress.Parse(address);
        var isWildcard = parsed.Host is "*" or "+" or "[::]" or "0.0.0.0";
        var url = isWildcard ? $"{parsed.Scheme}://localhost:{parsed.Port}" : address;
        if (parsed.Port == telemetry.Value.MetricsPort)
        {
            LogMetrics($"{url}/metrics");
            return;
        }

        LogListening(url);
        if (isWildcard)
        {
            LogOtherAddresses($"{parsed.Scheme}://{Environment.MachineName}:{parsed.Port}");
        }

        if (hasPages)
        {
            LogBrowser(pages.Value.Enabled ? url : $"{url}/docs");
        }
    }

    void LogModels()
    {
        if (bases.Find(bases.DefaultId) is null)
        {
            LogNoModel(bases.DefaultId);
            return;
        }

        try
        {
            LogModel(bases.DefaultId, library.List().Count(module => module.Problem is null && module.BaseModel == bases.DefaultId));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            LogModel(bases.DefaultId, 0); // the indexer reports the error
        }
    }

    void LogAccess()
    {
        if (access.Value.Tokens.Count > 0)
        {
            LogTokens(access.Value.Bare.ToString().ToLowerInvariant());
        }
        else
        {
            LogNoTokens();
        }
    }

    [LoggerMessage(LogLevel.Information, "LoraHub {Version}, role {Role}. Press Ctrl+C to stop.")]
    partial void LogVersion(string version, string role);

    [LoggerMessage(LogLevel.Information, "Now listening on: {Url}")]
    partial void LogListening(string url);

    [LoggerMessage(LogLevel.Information, "Other machines can reach it too, for example on {Url}")]
    partial void LogOtherAddresses(string url);

    [LoggerMessage(LogLevel.Information, "Try it in a browser: {Url}")]
    partial void LogBrowser(string url);

    [LoggerMessage(LogLevel.Information, "Metrics: {Url}")]
    partial void LogMetrics(string url);

    [LoggerMessage(LogLevel.Information, "Data folder: {Path}")]
    partial void LogDataFolder(string path);

    [LoggerMessage(LogLevel.Information, "Base model: {Model}, with {Count} modules")]
    partial void LogModel(string model, int count);

    [LoggerMessage(LogLevel.Information, "Base model: {Model}, which is not here")]
    partial void LogNoModel(string model);

    [LoggerMessage(LogLevel.Information, "Device: {Device}, precision {Precision}, threads: {Threads}")]
    partial void LogDevice(string device, string precision, int threads);

    [LoggerMessage(LogLevel.Information, "Access: /v1 requires a token; Cog's paths are `{Bare}` (Auth:Bare)")]
    partial void LogTokens(string bare);

    [LoggerMessage(LogLevel.Information,
        "Access: no token is required, so anyone who can reach the port has full access. `lorahub tokens new NAME` creates a token.")]
    partial void LogNoTokens();

    [LoggerMessage(LogLevel.Warning, "{Line}")]
    partial void LogUnknownSetting(string line);
}
