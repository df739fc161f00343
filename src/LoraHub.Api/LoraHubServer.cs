using LoraHub.Api.Cog;
using LoraHub.Api.Configuration;
using LoraHub.Api.Docs;
using LoraHub.Api.Http;
using LoraHub.Api.Predictions;
using LoraHub.Api.Replicate;
using LoraHub.Api.Results;
using LoraHub.Api.Security;
using LoraHub.Api.Webhooks;
using LoraHub.Api.Worker;
using LoraHub.Storage;
using Serilog;
using Serilog.Events;

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
        ConfigureLogging(builder);
        builder.ConfigureAddress();
        builder.ConfigureApi();
        builder.Services.AddStorage(builder.Configuration);
        builder.Services.AddSecurity();
        builder.Services.AddInference();
        builder.Services.AddPredictions();
        builder.Services.AddCog();
        builder.Services.AddReplicate();
        builder.Services.AddWebhooks();
        builder.Services.AddDocs();
        builder.Services.AddPredictionRunner();
        builder.Services.AddPredictionWorker();
        replace?.Invoke(builder.Services);

        var app = builder.Build();
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
        return app;
    }

    // One line a change of state; requests are not logged.
    static void ConfigureLogging(WebApplicationBuilder builder) => builder.Services.AddSerilog((services, logging) => logging
        .MinimumLevel.Override("Microsoft", LogEventLevel.Warning)
        .MinimumLevel.Override("Microsoft.Hosting.Lifetime", LogEventLevel.Information)
        .MinimumLevel.Override("Microsoft.Extensions.Hosting.Internal.Host", LogEventLevel.Fatal) // what keeps it from starting is said in one line
        .WriteTo.Console(outputTemplate: "{Timestamp:HH:mm:ss} {Level:u3} {Message:l}{NewLine}{Exception}", formatProvider: null)
        .ReadFrom.Configuration(builder.Configuration)
        .ReadFrom.Services(services)
        .WithDiscretion(), preserveStaticLogger: true); // services that run beside each other in one process keep their logs apart
}
