using System.ComponentModel.DataAnnotations;

namespace LoraHub.Api.Webhooks;

/// <summary>How the service signs and delivers webhooks.</summary>
public sealed class WebhookOptions
{
    public const string Section = "Webhooks";

    /// <summary>
    /// The secret that signs webhooks: <c>whsec_</c> and 24 to 64 bytes in Base64.
    /// Default: none; the service makes one at first use and keeps it with its data.
    /// </summary>
    public string? Secret { get; init; }

    /// <summary>A token that the service sends with each webhook as <c>Authorization: Bearer</c>, as Cog does. Default: none.</summary>
    [RegularExpression("^[!-~]+$", ErrorMessage = "use printable letters without spaces")]
    public string? AuthToken { get; init; }

    /// <summary>
    /// Private, link-local, loopback or reserved networks that webhooks may reach, such as <c>10.1.0.0/16</c>, or <c>127.0.0.0/8</c> for programs on
    /// this machine. Public addresses need no entry. The service's own address is refused even if it is in one of them. Default: none.
    /// </summary>
    public IReadOnlyList<string> AllowedNetworks { get; init; } = [];

    /// <summary>
    /// The shortest time between two <c>output</c> or <c>logs</c> webhooks of a prediction. One webhook carries all events of that time.
    /// Default: 500 ms.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:01:00")]
    public TimeSpan Throttle { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>How long a receiver may take to answer each attempt of a <c>completed</c> webhook. Default: 30 seconds.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:05:00")]
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How long a receiver may take to answer any other webhook. The service tries those once, and the next one waits for the answer.
    /// Default: 5 seconds.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:05:00")]
    public TimeSpan EventTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long the service retries a <c>completed</c> webhook. Default: 1 minute.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan RetryFor { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>How long a stopping service still delivers webhooks. Default: 10 seconds.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:05:00")]
    public TimeSpan ShutdownTime { get; init; } = TimeSpan.FromSeconds(10);
}
