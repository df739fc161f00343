using System.ComponentModel.DataAnnotations;
using System.Text.RegularExpressions;

namespace LoraHub.Api.Telemetry;

/// <summary>Metrics and traces.</summary>
public sealed class TelemetryOptions
{
    public const string Section = "Telemetry";

    const string Address = @"^http://([^/\s:\[\]]+|\[[0-9a-fA-F:]+\]):[0-9]{1,5}$";

    static readonly TimeSpan MatchTimeout = TimeSpan.FromSeconds(1);

    /// <summary>
    /// The OpenTelemetry collector that receives traces and metrics by OTLP over HTTP, such as <c>http://localhost:4318</c>. OpenTelemetry's own
    /// variables set headers and sampling (<c>OTEL_EXPORTER_OTLP_HEADERS</c>, <c>OTEL_TRACES_SAMPLER</c>). Default: none; nothing leaves the machine.
    /// </summary>
    [RegularExpression(@"^https?://\S+$", ErrorMessage = "use a URL such as http://localhost:4318")]
    public string? Otlp { get; init; }

    /// <summary>Whether the service answers <c>/metrics</c>, for Prometheus. Default: true.</summary>
    public bool Metrics { get; init; } = true;

    /// <summary>
    /// The URL of a port for <c>/metrics</c> alone, such as <c>http://*:9464</c> for all addresses of the machine. Other ports then do not serve
    /// it. Default: none; <c>/metrics</c> is on the service's port.
    /// </summary>
    [RegularExpression(Address, ErrorMessage = "use a URL with a port and without a path, such as http://*:9464")]
    public string? MetricsUrl { get; init; }

    /// <summary>The port of <see cref="MetricsUrl"/>, if it is used.</summary>
    internal int? MetricsPort =>
        Metrics && MetricsUrl is { } url && Regex.IsMatch(url, Address, RegexOptions.ExplicitCapture, MatchTimeout)
            ? BindingAddress.Parse(url).Port
            : null;
}
