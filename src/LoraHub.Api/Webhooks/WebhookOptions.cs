using System.ComponentModel.DataAnnotations;

namespace LoraHub.Api.Webhooks;

/// <summary>How the service tells others what happens to predictions.</summary>
public sealed class WebhookOptions
{
    public const string Section = "Webhooks";

    /// <summary>
    /// The secret that webhooks are signed with: <c>whsec_</c> and 24 to 64 bytes in Base64. Default: null, one is made at first use and kept
    /// in the data folder.
    /// </summary>
    public string? Secret { get; init; }

    /// <summary>Sent along as <c>Authorization: Bearer</c>, as Cog does. Default: null, none is.</summary>
    [RegularExpression("^[!-~]+$")]
    public string? AuthToken { get; init; }

    /// <summary>
    /// Networks, as in <c>10.1.0.0/16</c>, that webhooks may go to although they are private, link-local or reserved. Default: none; public
    /// addresses and this machine itself need no entry.
    /// </summary>
    public IReadOnlyList<string> AllowedNetworks { get; init; } = [];

    /// <summary>The least time between two <c>output</c> or <c>logs</c> webhooks of a prediction; what happens in between goes together. Default: 500 ms.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:01:00")]
    public TimeSpan Throttle { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>How long a receiver may take to answer a <c>completed</c> webhook, each time it is tried. Default: 30 seconds.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:05:00")]
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How long a receiver may take to answer any other webhook; those are tried once, and the next one waits for its answer. Default: 5 seconds.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:05:00")]
    public TimeSpan EventTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a <c>completed</c> webhook is tried again until a receiver takes it. Default: 1 minute.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan RetryFor { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>How long a service that stops still tries to deliver what it has to tell. Default: 10 seconds.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:05:00")]
    public TimeSpan ShutdownTime { get; init; } = TimeSpan.FromSeconds(10);
}
