namespace LoraHub.Api.Predictions;

/// <summary>What a text input stands for: itself, or the file of a URL. Errors quote nothing of a value.</summary>
abstract record FileReference
{
    public const string AsText = "To pass a URL as text, use a JSON array: [\"https://…\"].";

    public const string Unknown = "This service has no such file: it was deleted, has expired, or never existed.";

    static readonly string[] Schemes = [Uri.UriSchemeHttp, Uri.UriSchemeHttps, Uri.UriSchemeFile, Uri.UriSchemeFtp];

    FileReference()
    {
    }

    /// <param name="value">Without white space around it.</param>
    /// <param name="origins">The schemes and hosts of this service. Other hosts are never contacted.</param>
    public static FileReference Of(string value, IReadOnlyList<string> origins)
    {
        if (value.Any(char.IsWhiteSpace))
        {
            return new None();
        }

        if (value.StartsWith(DataUrl.Scheme, StringComparison.OrdinalIgnoreCase))
        {
            return DataUrl.Decode(value) is { } bytes ? new Data(bytes) : new Invalid("The data URL is malformed or not UTF-8 text.");
        }

        if (!Uri.TryCreate(value, UriKind.Absolute, out var url)
            || !Schemes.Contains(url.Scheme)
            || !value.StartsWith($"{url.Scheme}://", StringComparison.OrdinalIgnoreCase))
        {
            return new None();
        }

        return origins.Select(origin => IdIn(url, origin)).FirstOrDefault(id => id is not null) is { } known
            ? new Uploaded(known)
            : new Invalid("The URL must be a data URL or that of a file uploaded to this service (POST /v1/files).");
    }

    /// <returns>The id in the URL of an uploaded file or of its download, or null.</returns>
    static string? IdIn(Uri url, string origin)
    {
        if (!Uri.TryCreate($"{origin}/v1/files/", UriKind.Absolute, out var files)
            || Uri.Compare(url, files, UriComponents.SchemeAndServer, UriFormat.UriEscaped, StringComparison.OrdinalIgnoreCase) != 0
            || !url.AbsolutePath.StartsWith(files.AbsolutePath, StringComparison.Ordinal))
        {
            return null;
        }

        var rest = url.AbsolutePath[files.AbsolutePath.Length..].Split('/');
        return rest is [_] or [_, "download"] ? rest[0] : null;
    }

    /// <summary>The input is plain text, not a URL.</summary>
    public sealed record None : FileReference;

    /// <summary>The content of a <c>data:</c> URL.</summary>
    public sealed record Data(byte[] Content) : FileReference;

    /// <summary>A file that was uploaded to this service, which may have been deleted.</summary>
    public sealed record Uploaded(string Id) : FileReference;

    public sealed record Invalid(string Message) : FileReference;
}
