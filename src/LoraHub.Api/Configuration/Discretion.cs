using Serilog;
using Serilog.Core;
using Serilog.Events;

namespace LoraHub.Api.Configuration;

/// <summary>Keeps what clients send and get out of the log, whatever levels the settings ask for.</summary>
static class Discretion
{
    /// <summary>
    /// Below a warning these print URLs with their queries, and headers that cannot be read as they came: a token, a signature, an address that is
    /// its own permission. A list of what may be said would be out of date with the next version of the framework.
    /// </summary>
    static readonly string[] Talkative = ["Microsoft.AspNetCore.", "System.Net.Http."];

    public static LoggerConfiguration WithDiscretion(this LoggerConfiguration logging) => logging
        .Filter.ByExcluding(entry => entry.Level < LogEventLevel.Warning && IsTalkative(entry))
        .Enrich.With<WithoutPath>();

    static bool IsTalkative(LogEvent entry) =>
        entry.Properties.TryGetValue(Constants.SourceContextPropertyName, out var source)
        && source is ScalarValue { Value: string category }
        && Talkative.Any(talkative => category.StartsWith(talkative, StringComparison.Ordinal));

    /// <summary>The framework hangs the path on every line that is written during a request; that of a stream lets whoever reads it in.</summary>
    sealed class WithoutPath : ILogEventEnricher
    {
        public void Enrich(LogEvent logEvent, ILogEventPropertyFactory propertyFactory) => logEvent.RemovePropertyIfPresent("RequestPath");
    }
}
