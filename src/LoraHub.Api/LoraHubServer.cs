using LoraHub.Api.Cog;
using LoraHub.Api.Docs;
using LoraHub.Api.Health;
using LoraHub.Api.Hosting;
using LoraHub.Api.Http;
using LoraHub.Api.Modules;
using LoraHub.Api.Pages;
using LoraHub.Api.Predictions;
using LoraHub.Api.Replicate;
using LoraHub.Api.Results;
using LoraHub.Api.Security;
using LoraHub.Api.Telemetry;
using LoraHub.Api.Trainings;
using LoraHub.Api.Webhooks;
using LoraHub.Api.Worker;
using LoraHub.Modules.Folders;
using LoraHub.Modules.Library;
using LoraHub.Storage;
using Microsoft.AspNetCore.Connections;

namespace LoraHub.Api;

/// <summary>Builds and runs the service.</summary>
static class LoraHubServer
{
    /// <summary>Returns after the service has stopped.</summary>
    /// <param name="args">The settings of the command line.</param>
    /// <param name="replace">Replaces services, for tests; or null.</param>
    /// <returns>The process's exit code.</returns>
    public static async Task<int> RunAsync(string[] args, Action<IServiceCollection>? replace)
    {
        SystemCalls.MakeFilesPrivate(); // all of it is clients' data
        IConfiguration? settings = null;
        WebApplication app;
        try
        {
            var builder = WebApplication.CreateBuilder(new WebApplicationOptions
            {
                Args = args,
                ContentRootPath = AppContext.BaseDirectory,
                ApplicationName = typeof(LoraHubServer).Assembly.GetName().Name, // the pages' files are listed under it, also where tests host it
            });
            settings = builder.Configuration;
            app = Build(builder, replace);
            await app.StartAsync();
        }
        catch (OperationCanceledException)
        {
            await Console.Error.WriteLineAsync("lorahub was stopped before it had started.");
            return 1;
        }
        catch (Exception exception) when (exception is not HostAbortedException) // design-time tools abort the host with it
        {
            foreach (var line in Describe(exception, settings))
            {
                await Console.Error.WriteLineAsync($"lorahub cannot start: {line}");
            }

            return 1;
        }

        await using (app)
        {
            await app.WaitForShutdownAsync();
            return 0;
        }
    }

    static IReadOnlyList<string> Describe(Exception exception, IConfiguration? settings) => exception switch
    {
        IOException { InnerException: AddressInUseException } =>
            [$"{exception.Message.TrimEnd('.')}; stop the other program, or choose another port: --urls http://localhost:5001."],
        _ => SettingErrors.Describe(exception, settings) is { Count: > 0 } lines ? lines : [exception.Message],
    };

    static WebApplication Build(WebApplicationBuilder builder, Action<IServiceCollection>? replace)
    {
        builder.ConfigureLogging();
        builder.ConfigureAddress();
        builder.ConfigureApi();
        builder.AddTelemetry();
        builder.ConfigureStop();
        builder.WebHost.UseStaticWebAssets(); // after a build they are where they were written; publishing copies them
        builder.Configuration["ReloadStaticAssetsAtRuntime"] = "false"; // else a catch-all route makes unknown paths 405 instead of 404
        builder.Services.AddInference();
        builder.Services.AddProbes();
        builder.Services.AddHostedService<StartupSummary>();
        var role = builder.Configuration.Role();
        if (role == Role.Worker)
        {
            builder.Services.AddWorkerStorage();
        }
        else
        {
            builder.Services.AddStorage(builder.Configuration);
            builder.Services.AddModuleIndexer();
            builder.Services.AddSecurity();
            builder.Services.AddPredictions();
            builder.Services.AddTrainings();
            builder.Services.AddReplicate();
            builder.Services.AddCog();
            builder.Services.AddResults();
            builder.Services.AddModules();
            builder.Services.AddWebhooks(); // before the worker, so that they stop after it
            builder.Services.AddDocs();
            builder.Services.AddPages();
        }

        _ = role == Role.Api ? builder.Services.AddNoWorker() : builder.Services.AddPredictionRunner().AddPredictionWorker();
        replace?.Invoke(builder.Services);

        var app = builder.Build();
        app.UseMetricsPort();
        if (role != Role.Worker)
        {
            app.UseClientRoutes();
        }

        app.MapProbes();
        app.MapTelemetry();
        return app;
    }

    /// <summary>Adds the middleware and routes for clients.</summary>
    static void UseClientRoutes(this WebApplication app)
    {
        app.UseForwardedOrigin();
        app.UseBaseUrlAliases();
        app.UseRouting();
        app.UseSecurityHeaders(DocsServices.Path, PageRoute.Covers);
        app.UseErrorAnswers();
        app.UseRequestRules();
        app.UseDocs();
        app.UseSecurity();
        app.MapCog();
        var v1 = app.MapReplicate();
        v1.MapModules();
        v1.MapWebhooks();
        v1.ShowProblemsToBrowsers();
        app.MapResults();
        app.MapPages();
    }
}
