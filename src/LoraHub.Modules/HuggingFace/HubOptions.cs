using System.ComponentModel.DataAnnotations;

namespace LoraHub.Modules.HuggingFace;

/// <summary>
/// The Hugging Face Hub, or another server with its protocol, from which commands download models and modules, and where they publish modules.
/// </summary>
public sealed class HubOptions
{
    public const string Section = "Hub";

    /// <summary>The server that commands use when no setting names another.</summary>
    public const string HuggingFace = "https://huggingface.co";

    /// <summary>
    /// The server's URL. Default: <c>HF_ENDPOINT</c>, else <c>https://huggingface.co</c> for commands; the service itself downloads nothing.
    /// </summary>
    public string? Endpoint { get; set; }

    /// <summary>
    /// The token for private and gated models, and for publishing. It goes to this server only, never to a redirect's target. Default:
    /// <c>HF_TOKEN</c>, else none.
    /// </summary>
    [RegularExpression("^[!-~]+$", ErrorMessage = "use printable letters without spaces (also in HF_TOKEN)")]
    public string? Token { get; set; }

    /// <summary>Whether all access to the server is off, that of commands included. Default: <c>HF_HUB_OFFLINE</c>, else false.</summary>
    public bool Offline { get; set; }

    /// <summary>How many modules, or files of a base model, a command downloads at once. Default: 4.</summary>
    [Range(1, 64)]
    public int Parallel { get; set; } = 4;

    /// <summary>
    /// The idle timeout of an attempt: how long the server may be silent, before it answers or in the middle of a file. Default: 30 seconds.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:10:00")]
    public TimeSpan TryTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// How long one file may take, with all its attempts. The next run of a download continues from the part that arrived. Default: 6 hours.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:01", "23:00:00")]
    public TimeSpan Timeout { get; init; } = TimeSpan.FromHours(6);

    /// <summary>How often a request is retried after a transient error. Default: 6.</summary>
    [Range(1, 100)]
    public int Retries { get; init; } = 6;

    /// <summary>The delay before the first retry. It doubles with each retry, and jitter is added. Default: half a second.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:01:00")]
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>The longest <c>Retry-After</c> that is honored; with a longer one the download of the file fails. Default: 5 minutes.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "01:00:00")]
    public TimeSpan LongestRetryAfter { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>The largest module that is downloaded, all its files together, in bytes. Default: 4 GiB.</summary>
    [Range(1, long.MaxValue)]
    public long MaxModuleBytes { get; init; } = 4L << 30;

    /// <summary>The largest base model that is downloaded, all its files together, in bytes. Default: 64 GiB.</summary>
    [Range(1, long.MaxValue)]
    public long MaxModelBytes { get; init; } = 64L << 30;

    /// <summary>
    /// Private, link-local or reserved networks that the server may redirect to, such as <c>10.1.0.0/16</c>. Public addresses and the server's own
    /// host need no entry. Default: none.
    /// </summary>
    public IReadOnlyList<string> AllowedNetworks { get; init; } = [];

    internal static bool IsEndpoint(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var url)
        && (url.Scheme == Uri.UriSchemeHttps || url.Scheme == Uri.UriSchemeHttp)
        && url is { UserInfo: "", Query: "", Fragment: "" };

    /// <summary>Sets the default server of the commands that download; the settings can name another.</summary>
    public static void UseHuggingFace(HubOptions options) => options.Endpoint ??= HuggingFace;
}
