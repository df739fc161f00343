using LoraHub.Api.Cog;
using LoraHub.Api.Commands;
using LoraHub.Api.Configuration;
using LoraHub.Api.Docs;
using LoraHub.Api.Http;
using LoraHub.Api.Predictions;
using LoraHub.Api.Replicate;
using LoraHub.Api.Results;
using LoraHub.Api.Worker;
using LoraHub.Storage;
using Serilog;
using Serilog.Events;

return await CommandLine.RunAsync(args, serve: ServeAsync);

static async Task<int> ServeAsync(string[] args)
{
    var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
    ConfigureLogging(builder);
    builder.ConfigureAddress();
    builder.ConfigureApi();
    builder.Services.AddStorage();
    builder.Services.AddInference();
    builder.Services.AddPredictions();
    builder.Services.AddReplicate();
    builder.Services.AddDocs();
    builder.Services.AddPredictionRunner();
    builder.Services.AddPredictionWorker();

    await using var app = builder.Build();
    app.UseForwardedOrigin();
    app.UseSecurityHeaders(pages: DocsServices.Path);
    app.UseErrorAnswers();
    app.UseDocs();
    app.MapCog();
    app.MapReplicate();
    app.MapResults();
    return await RunAsync(app);
}

static async Task<int> RunAsync(WebApplication app)
{
    try
    {
        await app.StartAsync();
    }
    catch (Exception exception)
    {
        // A wrong setting, a port that is taken: the host has logged the whole of it.
        await Console.Error.WriteLineAsync($"lorahub cannot start: {exception.Message}");
        return 1;
    }

    await app.WaitForShutdownAsync();
    return 0;
}

// One line a change of state; requests are not logged.
static void ConfigureLogging(WebApplicationBuilder builder) => builder.Services.AddSerilog((services, logging) => logging
    .MinimumLevel.Override("Microsoft", LogEventLevel.Warning)
    .MinimumLevel.Override("Microsoft.Hosting.Lifetime", LogEventLevel.Information)
    .WriteTo.Console(outputTemplate: "{Timestamp:HH:mm:ss} {Level:u3} {Message:l}{NewLine}{Exception}", formatProvider: null)
    .ReadFrom.Configuration(builder.Configuration)
    .ReadFrom.Services(services));
