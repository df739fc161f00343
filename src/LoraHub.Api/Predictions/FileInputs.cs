using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using LoraHub.Core.Predictions.Inputs;
using LoraHub.Core.Uploads;
using Microsoft.Extensions.Options;

namespace LoraHub.Api.Predictions;

/// <summary>
/// Puts the text of a file into the place of its URL, where a text input is one URL and nothing else: a <c>data:</c> URL, or that of a file that was
/// uploaded here. So a prediction holds the text itself, and other machines are never asked. Nothing of a value is quoted in an error.
/// </summary>
sealed class FileInputs(IUploadStore uploads, IOptions<UploadOptions> options)
{
    const string AsText = "Text that is meant as it stands can be given as a JSON array: [\"https://…\"].";

    static readonly string[] Schemes = [Uri.UriSchemeHttp, Uri.UriSchemeHttps, Uri.UriSchemeFile, Uri.UriSchemeFtp];

    static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <param name="known">The inputs; files take the place of their URLs in it.</param>
    /// <param name="origins">Schemes and hosts under which this service is reached.</param>
    /// <returns>What is wrong, in the order of the fields' names.</returns>
    public async Task<IReadOnlyList<InputError>> ReadAsync(JsonObject known, IReadOnlyList<string> origins, CancellationToken cancellationToken)
    {
        var errors = new List<InputError>();
        var room = options.Value.MaxInputBytes;
        foreach (var field in InputSchema.Fields.Where(TakesFiles).OrderBy(field => field.Name, StringComparer.Ordinal))
        {
            if (known[field.Name] is not JsonValue value || value.GetValueKind() != JsonValueKind.String)
            {
                continue;
            }

            switch (await ReadAsync(value.GetValue<string>().Trim(), origins, room, cancellationToken))
            {
                case FileContent.Bytes(var bytes) when Decode(bytes) is { } text:
                    room -= bytes.Length;
                    known[field.Name] = text;
                    break;
                case FileContent.Bytes:
                    errors.Add(new InputError(field.Name, "The file is not UTF-8 text.", InputErrorKind.Invalid));
                    break;
                case FileContent.Wrong(var message):
                    errors.Add(new InputError(field.Name, message, InputErrorKind.Invalid));
                    break;
            }
        }

        return errors;
    }

    static bool TakesFiles(InputField field) => field.Type is InputType.Lines or InputType.Weights || field is { Type: InputType.Text, Choices: null };

    async Task<FileContent> ReadAsync(string value, IReadOnlyList<string> origins, int room, CancellationToken cancellationToken)
    {
        if (value.Any(char.IsWhiteSpace))
        {
            return new FileContent.None();
        }

        if (value.StartsWith(DataUrl.Scheme, StringComparison.OrdinalIgnoreCase))
        {
            return DataUrl.Decode(value) is not { } bytes ? new FileContent.Wrong($"The data URL is malformed, or not of UTF-8 text. {AsText}")
                : bytes.Length > room ? TooLarge()
                : new FileContent.Bytes(bytes);
        }

        if (!Uri.TryCreate(value, UriKind.Absolute, out var url) || !Schemes.Contains(url.Scheme) || !value.StartsWith($"{url.Scheme}://", StringComparison.OrdinalIgnoreCase))
        {
            return new FileContent.None();
        }

        return origins.Select(origin => IdIn(url, origin)).FirstOrDefault(id => id is not null) is { } known
            ? await ReadUploadAsync(known, room, cancellationToken)
            : new FileContent.Wrong($"Only files that were uploaded to this service (POST /v1/files) and data URLs are read. {AsText}");
    }

    async Task<FileContent> ReadUploadAsync(string id, int room, CancellationToken cancellationToken)
    {
        if (await uploads.FindAsync(id, cancellationToken) is not { } upload)
        {
            return Gone();
        }

        if (upload.Size > room)
        {
            return TooLarge();
        }

        await using var content = await uploads.OpenReadAsync(id, cancellationToken);
        if (content is null)
        {
            return Gone();
        }

        var bytes = new byte[upload.Size];
        await content.ReadExactlyAsync(bytes, cancellationToken);
        return new FileContent.Bytes(bytes);
    }

    /// <returns>The id in the URL of a file of this service or of its download, or null.</returns>
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

    /// <returns>The text without a byte order mark, or null when it is not UTF-8.</returns>
    static string? Decode(byte[] bytes)
    {
        try
        {
            return Strict.GetString(bytes.AsSpan().StartsWith(Encoding.UTF8.Preamble) ? bytes.AsSpan(Encoding.UTF8.Preamble.Length) : bytes);
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }

    static FileContent.Wrong Gone() => new("This service has no such file: it was deleted, has expired, or never was.");

    FileContent.Wrong TooLarge() =>
        new($"The files of a prediction's inputs may hold {options.Value.MaxInputBytes} bytes together ({UploadOptions.Section}:{nameof(UploadOptions.MaxInputBytes)}).");

    /// <summary>What a text input names.</summary>
    abstract record FileContent
    {
        FileContent()
        {
        }

        /// <summary>No file: the text means itself.</summary>
        public sealed record None : FileContent;

        public sealed record Bytes(byte[] Content) : FileContent;

        public sealed record Wrong(string Message) : FileContent;
    }
}
