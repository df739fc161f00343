using Microsoft.Extensions.Options;
using Serilog;
using Serilog.Configuration;
using Serilog.Events;
using Serilog.Formatting.Compact;

namespace LoraHub.Api.Configuration;

static class Logging
{
    /// <summary>One line a change of state; requests are not logged.</summary>
    public static void ConfigureLogging(this WebApplicationBuilder builder)
    {
        builder.Services.AddOptions<LogOptions>().BindConfiguration(LogOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        builder.Services.AddSerilog((services, logging) => logging
            .MinimumLevel.Override("Microsoft", LogEventLevel.Warning)
            .MinimumLevel.Override("Microsoft.Hosting.Lifetime", LogEventLevel.Information)
            .MinimumLevel.Override("Microsoft.Extensions.Hosting.Internal.Host", LogEventLevel.Fatal) // what keeps it from starting is said in one line
            .MinimumLevel.Override("Microsoft.EntityFrameworkCore", LogEventLevel.Fatal) // whoever asks the records says what fails, without what is in them
            .MinimumLevel.Override("Microsoft.Extensions.Diagnostics.HealthChecks", LogEventLevel.Fatal) // whoever asks is told, every few seconds
            .WriteTo.Console(services.GetRequiredService<IOptions<LogOptions>>().Value.Format)
            .ReadFrom.Configuration(builder.Configuration)
            .ReadFrom.Services(services)
            .WithDiscretion(), preserveStaticLogger: true); // services that run beside each other in one process keep their logs apart
    }

    static LoggerConfiguration Console(this LoggerSinkConfiguration sinks, LogFormat format) => format == LogFormat.Json
        ? sinks.Console(new RenderedCompactJsonFormatter())
        : sinks.Console(outputTemplate: "{Timestamp:HH:mm:ss} {Level:u3} {Message:l}{NewLine}{Exception}", formatProvider: null);
}
