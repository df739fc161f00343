using System.ComponentModel.DataAnnotations;

namespace LoraHub.Api.Configuration;

/// <summary>How the service answers over HTTP.</summary>
public sealed class ApiOptions : IValidatableObject
{
    public const string Section = "Api";

    /// <summary>
    /// Scheme and host under which clients reach the service, the root of every URL it hands out. Default: null, taken from each request
    /// (and from <c>X-Forwarded-Proto</c> and <c>X-Forwarded-Host</c> where those are trusted).
    /// </summary>
    [Url]
    public string? PublicUrl { get; init; }

    /// <summary>
    /// Whether <c>X-Forwarded-*</c> is believed from any sender; only right when nothing but a proxy reaches the port. Default: false,
    /// a proxy on this machine is believed and no other.
    /// </summary>
    public bool TrustForwardedHeaders { get; init; }

    /// <summary>The model's <c>owner/name</c> towards Replicate's clients. Default: <c>lorahub/lorahub</c>.</summary>
    [Required, RegularExpression("^[A-Za-z0-9._-]+/[A-Za-z0-9._-]+$")]
    public string Model { get; init; } = "lorahub/lorahub";

    /// <summary>The model's version id towards clients, 64 hexadecimal digits. Default: null, derived from the program's version and the base model's bytes.</summary>
    [RegularExpression("^[0-9a-f]{64}$")]
    public string? Version { get; init; }

    /// <summary>The <c>owner/name</c> of the one deployment that Replicate's clients see. Default: null, the model's own name.</summary>
    [RegularExpression("^[A-Za-z0-9._-]+/[A-Za-z0-9._-]+$")]
    public string? Deployment { get; init; }

    /// <summary>The longest a request waits under <c>Prefer: wait</c>. Clients give up at 60 seconds. Default: 58 seconds.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00")]
    public TimeSpan WaitLimit { get; init; } = TimeSpan.FromSeconds(58);

    /// <summary>How long an event stream stays silent before it sends a comment. Default: 10 seconds.</summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "00:00:15")]
    public TimeSpan Heartbeat { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The most event streams that may be open at once; the next reader gets 429. Default: 10,000.</summary>
    [Range(1, 1_000_000)]
    public int MaxStreams { get; init; } = 10_000;

    /// <summary>A file that is written, empty, once the model is loaded. Default: null, none; in Kubernetes <c>/var/run/cog/ready</c>, as Cog does.</summary>
    public string? ReadyFile { get; init; }

    /// <summary>The largest request body in bytes. Default: 100 MiB, as Cog's.</summary>
    [Range(1024, 1L << 40)]
    public long MaxRequestBody { get; init; } = 100 * 1024 * 1024;

    /// <summary>
    /// Origins of the web pages that may read the answers from a browser, as <c>https://example.org</c>, or <c>*</c> for all; their requests need a token as any
    /// other. Default: none.
    /// </summary>
    public IReadOnlyList<string> CorsOrigins { get; init; } = [];

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext) => CorsOrigins
        .Where(origin => origin != "*" && !IsOrigin(origin))
        .Select(origin => new ValidationResult(
            $"{Section}:CorsOrigins: `{origin}` is neither `*` nor scheme, host and port as a browser writes them, such as https://example.org."));

    static bool IsOrigin(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var url) && (url.Scheme == Uri.UriSchemeHttp || url.Scheme == Uri.UriSchemeHttps) && url.GetLeftPart(UriPartial.Authority) == text;
}
