using LoraHub.Api.Http;
using LoraHub.Api.Telemetry;
using LoraHub.Api.Webhooks;
using LoraHub.Api.Worker;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;

namespace LoraHub.Api.Hosting;

/// <summary>Configures addresses, the shutdown timeout and request limits.</summary>
static class ServerSettings
{
    const string Port = "PORT";

    /// <summary>
    /// Uses the URLs of the settings (<c>--urls</c>, <c>ASPNETCORE_URLS</c>, <c>Kestrel:Endpoints</c>). Otherwise it listens on <c>PORT</c> on
    /// every interface, as platforms and containers expect. Otherwise it listens on port 5000 of this machine only, because without a token
    /// anyone who can reach the port has full access. The metrics' own port comes on top.
    /// </summary>
    public static void ConfigureAddress(this WebApplicationBuilder builder)
    {
        var configuration = builder.Configuration;
        var telemetry = TelemetryServices.Read(configuration);
        var metrics = telemetry.MetricsPort is null ? null : telemetry.MetricsUrl;
        if (configuration.GetSection("Kestrel:Endpoints").Exists())
        {
            if (metrics is not null)
            {
                configuration["Kestrel:Endpoints:Metrics:Url"] = metrics;
            }
        }
        else
        {
            builder.WebHost.UseUrls([.. Urls(configuration), .. metrics is null ? (string[])[] : [metrics]]);
        }
    }

    static string[] Urls(ConfigurationManager configuration)
    {
        if (configuration[WebHostDefaults.ServerUrlsKey] is { } urls)
        {
            return Split(urls);
        }

        if (configuration[Port] is { Length: > 0 } port)
        {
            return ushort.TryParse(port, out _)
                ? [$"http://*:{port}"]
                : throw new InvalidOperationException($"{Port} is `{port}`; it must be a number from 0 to 65535.");
        }

        string[] ports =
        [
            .. Split(configuration[WebHostDefaults.HttpPortsKey]).Select(one => $"http://*:{one}"),
            .. Split(configuration[WebHostDefaults.HttpsPortsKey]).Select(one => $"https://*:{one}"),
        ];
        return ports.Length > 0 ? ports : ["http://localhost:5000"];
    }

    static string[] Split(string? list) => list?.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [];

    /// <summary>Sets the host's shutdown timeout to the sum of the parts' own timeouts, plus a margin of 10 seconds.</summary>
    public static void ConfigureStop(this WebApplicationBuilder builder)
    {
        builder.Services.AddOptions<WorkerOptions>().BindConfiguration(WorkerOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        builder.Services.AddSingleton<GracefulStop>();
        builder.Services.AddOptions<HostOptions>().Configure<IOptions<WorkerOptions>, IOptions<WebhookOptions>>((host, worker, webhooks) =>
            host.ShutdownTimeout = worker.Value.DrainTime + webhooks.Value.ShutdownTime + TimeSpan.FromSeconds(10));
    }

    public static void ConfigureApi(this WebApplicationBuilder builder)
    {
        builder.Services.AddOptions<ApiOptions>().BindConfiguration(ApiOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        builder.Services.AddSingleton<OpenStreams>();
        builder.Services.AddOptions<KestrelServerOptions>().Configure<IOptions<ApiOptions>>((kestrel, api) =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = api.Value.MaxRequestBody;
        });
    }
}
