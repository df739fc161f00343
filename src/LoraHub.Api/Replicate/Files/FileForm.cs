using System.Buffers;
using System.ComponentModel.DataAnnotations;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using LoraHub.Api.Http;
using LoraHub.Core.Predictions.Inputs;
using LoraHub.Core.Uploads;
using Microsoft.Net.Http.Headers;

namespace LoraHub.Api.Replicate.Files;

/// <summary>Reads the form of an upload. Its parts may arrive in any order, so the content is stored before its name and type are known.</summary>
sealed class FileForm(IUploadStore uploads, UploadOptions options) : IAsyncDisposable
{
    const string Content = "content", FileName = "filename", Type = "type", Metadata = "metadata";

    const int MaxName = 255, BufferBytes = 80 * 1024;

    readonly Dictionary<string, string> _fields = [];
    IUploadWriter? _content;
    FormPart? _contentPart;

    /// <summary>Reads the whole form.</summary>
    /// <returns>The error response, or null.</returns>
    public async Task<IResult?> ReadAsync(FormParts parts, CancellationToken cancellationToken)
    {
        while (true)
        {
            var (part, refusal) = await parts.NextAsync(cancellationToken);
            if (part is null)
            {
                return refusal;
            }

            refusal = part.Name switch
            {
                Content => await ReadContentAsync(parts, part, cancellationToken),
                FileName or Type or Metadata => await ReadFieldAsync(parts, part, cancellationToken),
                _ => null, // other fields are ignored
            };
            if (refusal is not null)
            {
                return refusal;
            }
        }
    }

    /// <returns>The file, or the error response for a wrong field.</returns>
    public async Task<(Upload? Upload, IResult? Refusal)> CompleteAsync(CancellationToken cancellationToken)
    {
        if (_content is null)
        {
            return (null, Invalid("required", Content, "content is required: the file"));
        }

        var name = FieldOrNull(FileName) ?? _contentPart!.FileName;
        if (string.IsNullOrEmpty(name))
        {
            return (null, Invalid("required", FileName, "content must have a filename, or the field filename must be set"));
        }

        if (!IsName(name))
        {
            return (null, Invalid(
                "invalid_value", FileName, $"filename must be UTF-8 of at most {MaxName} bytes, a name without folders or control characters"));
        }

        var type = FieldOrNull(Type) ?? _contentPart!.ContentType ?? "application/octet-stream";
        if (type.Length > MaxName || !MediaTypeHeaderValue.TryParse(type, out _))
        {
            return (null, Invalid("invalid_value", Type, "type must be a media type, such as text/plain"));
        }

        var metadata = ReadMetadata(FieldOrNull(Metadata) ?? "{}");
        return metadata is null
            ? (null, Invalid(
                "invalid_value", Metadata, $"metadata must be a JSON object with unique keys, nested at most {BoundedJson.MaxDepth} levels deep"))
            : (await _content.CompleteAsync(new UploadDetails(name, type, metadata), cancellationToken), null);
    }

    public ValueTask DisposeAsync() => _content?.DisposeAsync() ?? ValueTask.CompletedTask;

    /// <summary>Writes the limit in megabytes as Replicate does.</summary>
    public static IResult TooLarge(UploadOptions options)
    {
        const long Megabyte = 1024 * 1024;
        var limit = options.MaxBytes % Megabyte == 0 ? $"{options.MaxBytes / Megabyte}MB" : $"{options.MaxBytes} bytes";
        return Problems.Because(StatusCodes.Status413PayloadTooLarge, null, $"Files must be less than {limit} in size");
    }

    async Task<IResult?> ReadContentAsync(FormParts parts, FormPart part, CancellationToken cancellationToken)
    {
        if (_content is not null)
        {
            return Duplicate(part);
        }

        _contentPart = part;
        _content = await uploads.CreateAsync(cancellationToken);
        if (_content is null)
        {
            return StorageFull();
        }

        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            return await CopyAsync(parts, part, _content, buffer, cancellationToken);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    async Task<IResult?> CopyAsync(FormParts parts, FormPart part, IUploadWriter content, byte[] buffer, CancellationToken cancellationToken)
    {
        long size = 0;
        while (true)
        {
            var (read, refusal) = await parts.ReadAsync(part, buffer, cancellationToken);
            if (read == 0)
            {
                return refusal;
            }

            size += read;
            if (size > options.MaxBytes)
            {
                return TooLarge(options);
            }

            if (!await content.WriteAsync(buffer.AsMemory(0, read), cancellationToken))
            {
                return StorageFull();
            }
        }
    }

    async Task<IResult?> ReadFieldAsync(FormParts parts, FormPart part, CancellationToken cancellationToken)
    {
        var (text, refusal) = await parts.ReadTextAsync(part, cancellationToken);
        return refusal ?? (_fields.TryAdd(part.Name, text!) ? null : Duplicate(part));
    }

    /// <summary>Whether the name contains no path separator or control character.</summary>
    static bool IsName(string name) =>
        Encoding.UTF8.GetByteCount(name) <= MaxName
        && !name.AsSpan().ContainsAny('/', '\\', '\uFFFD') // U+FFFD replaces bytes that were not UTF-8
        && !name.Any(char.IsControl)
        && name is not ("." or "..");

    /// <returns>The field, or null when it is absent or empty. An HTML form sends an empty field when it was not filled in.</returns>
    string? FieldOrNull(string field) => _fields.GetValueOrDefault(field) is { Length: > 0 } text ? text : null;

    static Dictionary<string, JsonElement>? ReadMetadata(string text)
    {
        try
        {
            return (BoundedJson.Parse(text) as JsonObject)?.Deserialize<Dictionary<string, JsonElement>>();
        }
        catch (JsonException)
        {
            return null;
        }
    }

    static IResult Duplicate(FormPart part) => Invalid("invalid_value", part.Name, $"{part.Name} may be given only once");

    static IResult Invalid(string type, string field, string description) => Problems.Fields([new InvalidField(type, field, description)]);

    IResult StorageFull() => Problems.Because(
        StatusCodes.Status507InsufficientStorage,
        null,
        $"Stored files may total at most {options.MaxTotalBytes} bytes ({UploadOptions.Section}:{nameof(UploadOptions.MaxTotalBytes)}); "
        + "delete some, or wait until they expire.");
}

/// <summary>The body of <c>POST /v1/files</c> for the OpenAPI document.</summary>
public sealed record ReplicateFileForm
{
    [Required]
    public IFormFile? Content { get; init; }

    /// <summary>Overrides the content's file name.</summary>
    public string? Filename { get; init; }

    /// <summary>Overrides the content's media type.</summary>
    public string? Type { get; init; }

    /// <summary>A JSON object that the client chooses.</summary>
    public IReadOnlyDictionary<string, JsonElement>? Metadata { get; init; }
}
