using System.ComponentModel.DataAnnotations;
using System.Diagnostics.CodeAnalysis;

namespace LoraHub.Api.Http;

/// <summary>The service's HTTP interface.</summary>
public sealed class ApiOptions : IValidatableObject
{
    public const string Section = "Api";

    /// <summary>
    /// The scheme and host that clients use, as <c>https://lorahub.example.org</c>. Every URL in an answer begins with it. Default: taken from each
    /// request, or from <c>X-Forwarded-Proto</c> and <c>X-Forwarded-Host</c> where the service trusts them.
    /// </summary>
    public string? PublicUrl { get; init; }

    /// <summary>
    /// Whether the service trusts <c>X-Forwarded-*</c> headers from any sender. Set it only where nothing but a proxy can reach the port.
    /// Default: false; the service trusts a proxy on this machine and no other.
    /// </summary>
    public bool TrustForwardedHeaders { get; init; }

    /// <summary>The model's <c>owner/name</c> for Replicate's clients. Default: <c>lorahub/lorahub</c>.</summary>
    [Required, RegularExpression("^[A-Za-z0-9._-]+/[A-Za-z0-9._-]+$", ErrorMessage = "use owner/name")]
    public string Model { get; init; } = "lorahub/lorahub";

    /// <summary>
    /// Further names of the model, <c>owner/name</c>; one empty entry for none. Default: <c>cjwbw/lorahub</c>, the reference's name on Replicate.
    /// </summary>
    public IReadOnlyList<string> Aliases { get; init; } = [];

    /// <summary>
    /// The id of the model's version, 64 hexadecimal digits. Default: derived from the program's version and the base model's bytes.
    /// </summary>
    [RegularExpression("^[0-9a-f]{64}$", ErrorMessage = "use 64 digits of 0-9 and a-f")]
    public string? Version { get; init; }

    /// <summary>The <c>owner/name</c> of the one deployment that Replicate's clients see. Default: the model's name.</summary>
    [RegularExpression("^[A-Za-z0-9._-]+/[A-Za-z0-9._-]+$", ErrorMessage = "use owner/name")]
    public string? Deployment { get; init; }

    /// <summary>The longest time that a request with <c>Prefer: wait</c> waits. Clients give up after 60 seconds. Default: 58 seconds.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00")]
    public TimeSpan WaitLimit { get; init; } = TimeSpan.FromSeconds(58);

    /// <summary>
    /// How long an event stream stays silent before the service sends a comment, so that the connection stays open. Default: 10 seconds.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "00:00:15")]
    public TimeSpan Heartbeat { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The most event streams that may be open at once; one more is a 429. Default: 10,000.</summary>
    [Range(1, 1_000_000)]
    public int MaxStreams { get; init; } = 10_000;

    /// <summary>
    /// An empty file that the service writes once the model is loaded. Default: none; in Kubernetes <c>/var/run/cog/ready</c>, as Cog does.
    /// </summary>
    public string? ReadyFile { get; init; }

    /// <summary>The largest request body in bytes. Uploaded files and modules have limits of their own. Default: 100 MiB, as Cog's.</summary>
    [Range(1024, 1L << 40)]
    public long MaxRequestBody { get; init; } = 100 * 1024 * 1024;

    /// <summary>
    /// Origins whose web pages may use the service from a browser, as <c>https://example.org</c>, or <c>*</c> for all. Their requests still need a
    /// token where others do. Default: none.
    /// </summary>
    public IReadOnlyList<string> CorsOrigins { get; init; } = [];

    /// <summary>
    /// Further host names that the service answers to without a token, such as <c>lorahub.lan</c>, or <c>*</c> for all. IP addresses, localhost,
    /// this machine's name and that of <see cref="PublicUrl"/> need no entry. Other names are refused, because a web page can point its own name
    /// to this address. Default: none.
    /// </summary>
    public IReadOnlyList<string> Hosts { get; init; } = [];

    /// <summary>Returns the errors in the settings.</summary>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (PublicUrl is not null && !IsHttpUrl(PublicUrl, out _))
        {
            yield return new ValidationResult(
                $"{Section}:PublicUrl is `{PublicUrl}`; it must be an http or https URL, such as https://lorahub.example.org.");
        }

        foreach (var origin in CorsOrigins.Where(origin => origin != "*" && !IsOrigin(origin)))
        {
            yield return new ValidationResult(
                $"{Section}:CorsOrigins: `{origin}` is neither `*` nor scheme, host and port as a browser writes them, such as https://example.org.");
        }

        foreach (var host in Hosts.Where(host => host != "*" && Uri.CheckHostName(host) == UriHostNameType.Unknown))
        {
            yield return new ValidationResult(
                $"{Section}:Hosts: `{host}` is neither `*` nor a host name without scheme and port, such as lorahub.example.org.");
        }
    }

    static bool IsOrigin(string text) => IsHttpUrl(text, out var url) && url.GetLeftPart(UriPartial.Authority) == text;

    static bool IsHttpUrl(string text, [NotNullWhen(true)] out Uri? url) =>
        Uri.TryCreate(text, UriKind.Absolute, out url) && (url.Scheme == Uri.UriSchemeHttp || url.Scheme == Uri.UriSchemeHttps);
}
