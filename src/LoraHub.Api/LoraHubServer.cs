using LoraHub.Api.Cog;
using LoraHub.Api.Configuration;
using LoraHub.Api.Docs;
using LoraHub.Api.Health;
using LoraHub.Api.Http;
using LoraHub.Api.Modules;
using LoraHub.Api.Predictions;
using LoraHub.Api.Replicate;
using LoraHub.Api.Results;
using LoraHub.Api.Security;
using LoraHub.Api.Telemetry;
using LoraHub.Api.Webhooks;
using LoraHub.Api.Worker;
using LoraHub.Storage;

namespace LoraHub.Api;

/// <summary>The service from its settings to its end.</summary>
static class LoraHubServer
{
    /// <param name="args">Settings, as the command line has them.</param>
    /// <param name="replace">Puts other services in the place of the usual ones, or null.</param>
    /// <returns>The process's exit code, once the service has stopped.</returns>
    public static async Task<int> RunAsync(string[] args, Action<IServiceCollection>? replace)
    {
        WebApplication app;
        try
        {
            app = Build(args, replace);
            await app.StartAsync();
        }
        catch (Exception exception) when (exception is not HostAbortedException) // that one is how tools look at the services
        {
            // A wrong setting, a port that is taken.
            await Console.Error.WriteLineAsync($"lorahub cannot start: {exception.Message}");
            return 1;
        }

        await using (app)
        {
            await app.WaitForShutdownAsync();
            return 0;
        }
    }

    static WebApplication Build(string[] args, Action<IServiceCollection>? replace)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
        builder.ConfigureLogging();
        builder.ConfigureAddress();
        builder.ConfigureApi();
        builder.AddTelemetry();
        builder.ConfigureStop();
        builder.Services.AddInference();
        builder.Services.AddProbes();
        var role = builder.Configuration.Role();
        if (role == Role.Worker)
        {
            builder.Services.AddWorkerStorage();
        }
        else
        {
            builder.Services.AddStorage(builder.Configuration);
            builder.Services.AddModuleIndexing();
            builder.Services.AddSecurity();
            builder.Services.AddPredictions();
            builder.Services.AddCog();
            builder.Services.AddReplicate();
            builder.Services.AddModules();
            builder.Services.AddWebhooks(); // before the worker, so that they stop after it
            builder.Services.AddDocs();
        }

        _ = role == Role.Api ? builder.Services.AddNoWorker() : builder.Services.AddPredictionRunner().AddPredictionWorker();
        replace?.Invoke(builder.Services);

        var app = builder.Build();
        if (role != Role.Worker)
        {
            app.UseFronts();
        }

        app.MapProbes();
        app.MapTelemetry();
        return app;
    }

    /// <summary>All that clients ask for.</summary>
    static void UseFronts(this WebApplication app)
    {
        app.UseForwardedOrigin();
        app.UseBaseUrlAliases();
        app.UseRouting();
        app.UseSecurityHeaders(pages: DocsServices.Path);
        app.UseErrorAnswers();
        app.UseDocs();
        app.UseSecurity();
        app.MapCog();
        app.MapReplicate();
        app.MapResults();
    }
}
