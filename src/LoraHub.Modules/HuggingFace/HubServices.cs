using System.Net;
using LoraHub.Core.Outbound;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace LoraHub.Modules.HuggingFace;

static class HubServices
{
    /// <summary>Adds downloads from the Hugging Face Hub and uploads to it; requires the module library.</summary>
    public static IServiceCollection AddHub(this IServiceCollection services)
    {
        services.AddOptions<HubOptions>().BindConfiguration(HubOptions.Section)
            .Configure<IConfiguration>((hub, configuration) =>
            {
                hub.Endpoint = FirstOf(hub.Endpoint, configuration["HF_ENDPOINT"]);
                hub.Token = FirstOf(hub.Token, configuration["HF_TOKEN"]);
                hub.Offline |= configuration["HF_HUB_OFFLINE"]?.ToUpperInvariant() is "1" or "ON" or "YES" or "TRUE";
            })
            .ValidateDataAnnotations()
            .Validate(
                hub => hub.Endpoint is null || HubOptions.IsEndpoint(hub.Endpoint),
                "Hub:Endpoint (or HF_ENDPOINT) must be the URL of a server with the Hugging Face Hub's API, such as https://huggingface.co.")
            .Validate(
                hub => hub.AllowedNetworks.All(network => IPNetwork.TryParse(network, out _)),
                "Hub:AllowedNetworks must contain networks such as 10.1.0.0/16 or fd00::/8.")
            .ValidateOnStart();
        services.TryAddSingleton<HostResolver>(Dns.GetHostAddressesAsync);
        return services
            .AddSingleton<HubAddressGuard>()
            .AddSingleton<HubTransport>()
            .AddSingleton<HubRetries>()
            .AddSingleton<HubExchange>()
            .AddSingleton<HubClient>()
            .AddSingleton<HubDownload>()
            .AddSingleton<PullFiles>()
            .AddSingleton<ModuleDownload>()
            .AddSingleton<ModulePull>()
            .AddSingleton<BaseModelPull>()
            .AddSingleton<HubUploads>()
            .AddSingleton<LfsUpload>()
            .AddSingleton<HubPush>();
    }

    static string? FirstOf(string? setting, string? standard) =>
        !string.IsNullOrWhiteSpace(setting) ? setting : string.IsNullOrWhiteSpace(standard) ? null : standard.Trim();
}
