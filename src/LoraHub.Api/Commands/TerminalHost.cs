using LoraHub.Api.Configuration;
using LoraHub.Api.Hub;
using LoraHub.Api.Predictions;
using LoraHub.Api.Worker;
using LoraHub.Storage;

namespace LoraHub.Api.Commands;

/// <summary>The service's own parts for a verb, but no server; what is logged goes to standard error, and only when someone must look.</summary>
static class TerminalHost
{
    /// <param name="replace">Puts other services in the place of the usual ones, or null.</param>
    /// <param name="settings">Win over those of files and environment.</param>
    public static IHost Build(Action<IServiceCollection>? replace, params IEnumerable<(string Key, string Value)> settings)
    {
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { ContentRootPath = AppContext.BaseDirectory });
        builder.Configuration.AddInMemoryCollection(settings.ToDictionary(setting => setting.Key, string? (setting) => setting.Value));
        builder.Logging.ClearProviders().SetMinimumLevel(LogLevel.Error).AddConsole(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
        builder.Services.AddOptions<ApiOptions>();
        builder.Services.AddPassingStorage().AddInference().AddPredictions().AddPredictionRunner().AddHub();
        replace?.Invoke(builder.Services);
        return builder.Build();
    }
}
