using System.ComponentModel.DataAnnotations;

namespace LoraHub.Api.Configuration;

public enum LogFormat
{
    /// <summary>A line for a person.</summary>
    Text,

    /// <summary>Serilog's compact JSON, a line each, with the ids of trace and span where there are any.</summary>
    Json,
}

/// <summary>How the service's own log is written to standard output.</summary>
public sealed class LogOptions
{
    public const string Section = "Log";

    /// <summary>Default: <see cref="LogFormat.Text"/>.</summary>
    [EnumDataType(typeof(LogFormat))]
    public LogFormat Format { get; init; }
}
