using System.ComponentModel.DataAnnotations;

namespace LoraHub.Api.Telemetry;

/// <summary>Who may watch the service.</summary>
public sealed class TelemetryOptions
{
    public const string Section = "Telemetry";

    /// <summary>
    /// Where traces and metrics are sent, by OTLP over HTTP, such as <c>http://localhost:4318</c>. Headers and sampling are OpenTelemetry's own settings
    /// (<c>OTEL_EXPORTER_OTLP_HEADERS</c>, <c>OTEL_TRACES_SAMPLER</c>). Default: null, nothing leaves the machine.
    /// </summary>
    [RegularExpression(@"^https?://\S+$")]
    public string? Otlp { get; init; }

    /// <summary>Whether <c>/metrics</c> is there, for Prometheus. Default: true.</summary>
    public bool Metrics { get; init; } = true;
}
