using Microsoft.Extensions.Options;
using Serilog;
using Serilog.Configuration;
using Serilog.Events;
using Serilog.Formatting.Compact;

namespace LoraHub.Api.Hosting;

static class Logging
{
    /// <summary>Configures the log: one line for each change of state. Requests are not logged.</summary>
    public static void ConfigureLogging(this WebApplicationBuilder builder)
    {
        builder.Services.AddOptions<LogOptions>().BindConfiguration(LogOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        builder.Services.AddSerilog((services, logging) => logging
            .MinimumLevel.Override("Microsoft", LogEventLevel.Warning)
            .MinimumLevel.Override("Microsoft.Extensions.Hosting.Internal.Host", LogEventLevel.Fatal) // LoraHubServer prints startup errors
            .MinimumLevel.Override("Microsoft.EntityFrameworkCore", LogEventLevel.Fatal) // callers log the errors, without stored data
            .MinimumLevel.Override("Microsoft.Extensions.Diagnostics.HealthChecks", LogEventLevel.Fatal) // the probes' answers contain the errors
            .MinimumLevel.Override("Microsoft.AspNetCore.Antiforgery", LogEventLevel.Fatal) // a form cookie of an older key is an error there
            .WriteTo.Console(services.GetRequiredService<IOptions<LogOptions>>().Value.Format)
            .ReadFrom.Configuration(builder.Configuration)
            .ReadFrom.Services(services)
            .WithRedaction(), preserveStaticLogger: true); // several services in one process keep separate logs
    }

    static LoggerConfiguration Console(this LoggerSinkConfiguration sinks, LogFormat format) => format == LogFormat.Json
        ? sinks.Console(new RenderedCompactJsonFormatter())
        : sinks.Console(outputTemplate: "{Timestamp:HH:mm:ss} {Level:u3} {Message:l}{NewLine}{Exception}", formatProvider: null);
}
