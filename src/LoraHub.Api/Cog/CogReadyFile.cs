using LoraHub.Api.Http;
using LoraHub.Api.Worker;
using Microsoft.Extensions.Options;

namespace LoraHub.Api.Cog;

/// <summary>Writes an empty file once the model is loaded. Kubernetes probes of Cog containers check for it.</summary>
sealed partial class CogReadyFile(
    WorkerState worker, IOptions<ApiOptions> options, IConfiguration configuration, ILogger<CogReadyFile> logger) : BackgroundService
{
    const string DefaultPath = "/var/run/cog/ready";

    /// <summary>Set by Kubernetes in every container.</summary>
    const string KubernetesVariable = "KUBERNETES_SERVICE_HOST";

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if ((options.Value.ReadyFile ?? (configuration[KubernetesVariable] is null ? null : DefaultPath)) is not { } path)
        {
            return;
        }

        await worker.SetupEnded.WaitAsync(stoppingToken);
        if (worker.Setup.Status != SetupStatus.Succeeded)
        {
            return;
        }

        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
            await File.WriteAllBytesAsync(path, [], stoppingToken);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            LogNotWritten(path, exception);
        }
    }

    [LoggerMessage(LogLevel.Warning, "Could not write the ready file {Path}.")]
    partial void LogNotWritten(string path, Exception exception);
}
