using System.ComponentModel.DataAnnotations;

namespace LoraHub.Api.Hosting;

/// <summary>The format of the service's log.</summary>
public enum LogFormat
{
    /// <summary>Lines for people.</summary>
    Text,

    /// <summary>Serilog's compact JSON, one object a line, with the ids of trace and span where there are any.</summary>
    Json,
}

/// <summary>The service's own log, on standard output.</summary>
public sealed class LogOptions
{
    public const string Section = "Log";

    /// <summary>The log's format: lines for people, or Serilog's compact JSON with the ids of trace and span. Default: text.</summary>
    [EnumDataType(typeof(LogFormat))]
    public LogFormat Format { get; init; }
}
