using LoraHub.Api.Http;
using LoraHub.Api.Webhooks;
using LoraHub.Api.Worker;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;

namespace LoraHub.Api.Configuration;

/// <summary>Where the service listens and what it lets in.</summary>
static class Hosting
{
    const string Port = "PORT";

    /// <summary>
    /// URLs that were given win (<c>--urls</c>, <c>ASPNETCORE_URLS</c>, <c>Kestrel:Endpoints</c>). Else <c>PORT</c>, on every interface, as platforms
    /// and containers want it. Else port 5000 of this machine alone: until a token is set, nobody is asked for one.
    /// </summary>
    public static void ConfigureAddress(this WebApplicationBuilder builder)
    {
        var configuration = builder.Configuration;
        if (configuration[WebHostDefaults.ServerUrlsKey] is not null || configuration.GetSection("Kestrel:Endpoints").Exists())
        {
            return;
        }

        if (configuration[Port] is { Length: > 0 } port)
        {
            if (!ushort.TryParse(port, out _))
            {
                throw new InvalidOperationException($"{Port} is `{port}`; it must be a number from 0 to 65535.");
            }

            builder.WebHost.UseUrls($"http://*:{port}");
        }
        else if (configuration[WebHostDefaults.HttpPortsKey] is null)
        {
            builder.WebHost.UseUrls("http://localhost:5000");
        }
    }

    /// <summary>The host waits as long for the service's parts as these take by their own settings.</summary>
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
