using System.ComponentModel.DataAnnotations;

namespace LoraHub.Api.Hub;

/// <summary>Where models and modules are fetched from: a server that speaks the Hugging Face Hub's protocol.</summary>
public sealed class HubOptions
{
    public const string Section = "Hub";

    /// <summary>What a command asks that was told of no other.</summary>
    public const string HuggingFace = "https://huggingface.co";

    /// <summary>
    /// The hub, as <c>https://huggingface.co</c>. Default: what <c>HF_ENDPOINT</c> says, else null: nothing is fetched, unless by a command that asks for it,
    /// which then asks Hugging Face.
    /// </summary>
    public string? Endpoint { get; set; }

    /// <summary>Sent to the hub, and to no other server, so that private and gated models can be fetched. Default: what <c>HF_TOKEN</c> says, else null.</summary>
    [RegularExpression("^[!-~]+$", ErrorMessage = "Hub:Token (or HF_TOKEN) must be printable letters without spaces.")]
    public string? Token { get; set; }

    /// <summary>That nothing is fetched, also when a command asks. Default: what <c>HF_HUB_OFFLINE</c> says, else no.</summary>
    public bool Offline { get; set; }

    /// <summary>How many modules, or files of a base model, are fetched at once. Default: 4.</summary>
    [Range(1, 64)]
    public int Parallel { get; set; } = 4;

    /// <summary>How long the hub may be silent, before it answers or in the middle, until a try is given up. Default: 30 seconds.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:10:00")]
    public TimeSpan TryTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long one file may take with all its tries. What it has by then is kept for the next time. Default: 6 hours.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "23:00:00")]
    public TimeSpan Timeout { get; init; } = TimeSpan.FromHours(6);

    /// <summary>How often a request is tried again. Default: 6.</summary>
    [Range(1, 100)]
    public int Retries { get; init; } = 6;

    /// <summary>The time before the first of these, doubled for each further one, each with jitter. Default: half a second.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:01:00")]
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>The longest time that the hub may ask to be left alone (<c>Retry-After</c>); when it asks for more, the file has failed. Default: 5 minutes.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "01:00:00")]
    public TimeSpan LongestRetryAfter { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>The most bytes that a module's files may have together. Default: 4 GiB.</summary>
    [Range(1, long.MaxValue)]
    public long MaxModuleBytes { get; init; } = 4L << 30;

    /// <summary>The most bytes that a base model's files may have together. Default: 64 GiB.</summary>
    [Range(1, long.MaxValue)]
    public long MaxModelBytes { get; init; } = 64L << 30;

    /// <summary>
    /// Networks, as in <c>10.1.0.0/16</c>, that the hub may redirect to although they are private, link-local or reserved. Default: none; public addresses
    /// and the hub's own host need no entry.
    /// </summary>
    public IReadOnlyList<string> AllowedNetworks { get; init; } = [];

    internal static bool IsEndpoint(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var url)
        && (url.Scheme == Uri.UriSchemeHttps || url.Scheme == Uri.UriSchemeHttp)
        && url is { UserInfo: "", Query: "", Fragment: "" };
}
