using LoraHub.Api.Configuration;
using LoraHub.Api.Worker;
using Microsoft.Extensions.Options;

namespace LoraHub.Api.Cog;

/// <summary>Writes an empty file once the model is loaded, which Kubernetes' probes of Cog containers look for.</summary>
sealed partial class CogReadyFile(WorkerState worker, IOptions<ApiOptions> options, IConfiguration configuration, ILogger<CogReadyFile> logger) : BackgroundService
{
    const string OfCog = "/var/run/cog/ready";

    /// <summary>Set by Kubernetes in every container.</summary>
    const string InKubernetes = "KUBERNETES_SERVICE_HOST";

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if ((options.Value.ReadyFile ?? (configuration[InKubernetes] is null ? null : OfCog)) is not { } path)
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

    [LoggerMessage(LogLevel.Warning, "The file {Path}, which says that the service is ready, could not be written.")]
    partial void LogNotWritten(string path, Exception exception);
}
