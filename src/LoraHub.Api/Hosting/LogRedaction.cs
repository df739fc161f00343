using Serilog;
using Serilog.Core;
using Serilog.Events;

namespace LoraHub.Api.Hosting;

/// <summary>Keeps client data out of the log at every log level.</summary>
static class LogRedaction
{
    /// <summary>
    /// Below warnings, these categories log URLs with their queries, and malformed headers verbatim. Those may contain a token, a signature or
    /// a secret address. A list of single messages would be out of date with the next version of the framework.
    /// </summary>
    static readonly string[] Verbose = ["Microsoft.AspNetCore.", "System.Net.Http."];

    public static LoggerConfiguration WithRedaction(this LoggerConfiguration logging) => logging
        .Filter.ByExcluding(entry => entry.Level < LogEventLevel.Warning && IsVerbose(entry))
        .Enrich.With<WithoutPath>();

    static bool IsVerbose(LogEvent entry) =>
        entry.Properties.TryGetValue(Constants.SourceContextPropertyName, out var source)
        && source is ScalarValue { Value: string category }
        && Verbose.Any(verbose => category.StartsWith(verbose, StringComparison.Ordinal));

    /// <summary>Removes the request's path, which the framework adds to every line. The path of a stream gives access to it.</summary>
    sealed class WithoutPath : ILogEventEnricher
    {
        public void Enrich(LogEvent logEvent, ILogEventPropertyFactory propertyFactory) => logEvent.RemovePropertyIfPresent("RequestPath");
    }
}
