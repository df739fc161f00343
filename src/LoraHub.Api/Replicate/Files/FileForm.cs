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
    /// <exception cref="RequestRefusedException"/>
    public async Task ReadAsync(FormParts parts, CancellationToken cancellationToken)
    {
        while (await parts.NextAsync(cancellationToken) is { } part)
        {
            await (part.Name switch
            {
                Content => ReadContentAsync(parts, part, cancellationToken),
                FileName or Type or Metadata => ReadFieldAsync(parts, part, cancellationToken),
                _ => Task.CompletedTask, // other fields are ignored
            });
        }
    }

    /// <summary>Stores the file.</summary>
    /// <exception cref="RequestRefusedException">A field is missing or invalid.</exception>
    public async Task<Upload> CompleteAsync(CancellationToken cancellationToken)
    {
        if (_content is null)
        {
            throw Invalid("required", Content, "content is required: the file");
        }

        var name = FieldOrNull(FileName) ?? _contentPart!.FileName;
        if (string.IsNullOrEmpty(name))
        {
            throw Invalid("required", FileName, "content must have a filename, or the field filename must be set");
        }

        if (!IsName(name))
        {
            throw Invalid(
                "invalid_value", FileName, $"filename must be UTF-8 of at most {MaxName} bytes, a name without folders or control characters");
        }

        var type = FieldOrNull(Type) ?? _contentPart!.ContentType ?? "application/octet-stream";
        if (type.Length > MaxName || !MediaTypeHeaderValue.TryParse(type, out _))
        {
            throw Invalid("invalid_value", Type, "type must be a media type, such as text/plain");
        }

        var metadata = ReadMetadata(FieldOrNull(Metadata) ?? "{}");
        return metadata is null
            ? throw Invalid(
                "invalid_value", Metadata, $"metadata must be a JSON object with unique keys, nested at most {BoundedJson.MaxDepth} levels deep")
            : await _content.CompleteAsync(new UploadDetails(name, type, metadata), cancellationToken);
    }

    /// <summary>Stores the content of a part while it arrives.</summary>
    /// <returns>The file, not completed; the caller disposes it.</returns>
    /// <exception cref="RequestRefusedException">It is larger than a file may be, or there is no room for it.</exception>
    public static async Task<IUploadWriter> StoreAsync(
        FormParts parts, FormPart part, IUploadStore uploads, UploadOptions options, CancellationToken cancellationToken)
    {
        var content = await uploads.CreateAsync(cancellationToken) ?? throw StorageFull(options);
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            await CopyAsync(parts, part, content, buffer, options, cancellationToken);
            return content;
        }
        catch
        {
            await content.DisposeAsync();
            throw;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    public ValueTask DisposeAsync() => _content?.DisposeAsync() ?? ValueTask.CompletedTask;

    /// <summary>Writes the limit in megabytes as Replicate does.</summary>
    public static IResult TooLarge(UploadOptions options)
    {
        const long Megabyte = 1024 * 1024;
        var limit = options.MaxBytes % Megabyte == 0 ? $"{options.MaxBytes / Megabyte}MB" : $"{options.MaxBytes} bytes";
        return Problems.Because(StatusCodes.Status413PayloadTooLarge, null, $"Files must be less than {limit} in size");
    }

    async Task ReadContentAsync(FormParts parts, FormPart part, CancellationToken cancellationToken)
    {
        if (_content is not null)
        {
            throw Duplicate(part);
        }

        _contentPart = part;
        _content = await StoreAsync(parts, part, uploads, options, cancellationToken);
    }

    static async Task CopyAsync(
        FormParts parts, FormPart part, IUploadWriter content, byte[] buffer, UploadOptions options, CancellationToken cancellationToken)
    {
        long size = 0;
        while (await parts.ReadAsync(part, buffer, cancellationToken) is var read and > 0)
        {
            size += read;
            if (size > options.MaxBytes)
            {
                throw new RequestRefusedException(TooLarge(options));
            }

            if (!await content.WriteAsync(buffer.AsMemory(0, read), cancellationToken))
            {
                throw StorageFull(options);
            }
        }
    }

    async Task ReadFieldAsync(FormParts parts, FormPart part, CancellationToken cancellationToken)
    {
        if (!_fields.TryAdd(part.Name, await parts.ReadTextAsync(part, cancellationToken)))
        {
            throw Duplicate(part);
        }
    }

    /// <summary>Whether the name contains no path separator or control character.</summary>
    public static bool IsName(string name) =>
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

    static RequestRefusedException Duplicate(FormPart part) => Invalid("invalid_value", part.Name, $"{part.Name} may be given only once");

    static RequestRefusedException Invalid(string type, string field, string description) =>
        new(Problems.Fields([new InvalidField(type, field, description)]));

    static RequestRefusedException StorageFull(UploadOptions options) => new(Problems.Because(
        StatusCodes.Status507InsufficientStorage,
        null,
        $"Stored files may total at most {options.MaxTotalBytes} bytes ({UploadOptions.Section}:{nameof(UploadOptions.MaxTotalBytes)}); "
        + "delete some, or wait until they expire."));
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
