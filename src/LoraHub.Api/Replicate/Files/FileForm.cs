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

/// <summary>The form that a file comes in. Its parts come in any order, so the content is written before all is known of it.</summary>
sealed class FileForm(IUploadStore uploads, UploadOptions options) : IAsyncDisposable
{
    const string Content = "content", FileName = "filename", Type = "type", Metadata = "metadata";

    const int MaxName = 255, BufferBytes = 80 * 1024;

    static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 32 };

    readonly Dictionary<string, string> _fields = [];
    IUploadWriter? _content;
    FormPart? _contentPart;

    /// <summary>Reads the whole form.</summary>
    /// <returns>The answer that refuses it, or null.</returns>
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
                Content => await TakeContentAsync(parts, part, cancellationToken),
                FileName or Type or Metadata => await TakeFieldAsync(parts, part, cancellationToken),
                _ => null, // what else clients send along is ignored
            };
            if (refusal is not null)
            {
                return refusal;
            }
        }
    }

    /// <returns>The file, or the answer that refuses what was said of it.</returns>
    public async Task<(Upload? Upload, IResult? Refusal)> CompleteAsync(CancellationToken cancellationToken)
    {
        if (_content is null)
        {
            return (null, Invalid("required", Content, "content is required: the file"));
        }

        var name = Given(FileName) ?? _contentPart!.FileName;
        if (string.IsNullOrEmpty(name))
        {
            return (null, Invalid("required", FileName, "content must have a filename, or filename be given"));
        }

        if (!IsName(name))
        {
            return (null, Invalid("invalid_value", FileName, $"filename must be UTF-8 of at most {MaxName} bytes, a name without folders and control characters"));
        }

        var type = Given(Type) ?? _contentPart!.ContentType ?? "application/octet-stream";
        if (type.Length > MaxName || !MediaTypeHeaderValue.TryParse(type, out _))
        {
            return (null, Invalid("invalid_value", Type, "type must be a media type, as text/plain"));
        }

        var metadata = ReadMetadata(Given(Metadata) ?? "{}");
        return metadata is null
            ? (null, Invalid("invalid_value", Metadata, $"metadata must be a JSON object, each key once, nested at most {Strict.MaxDepth} deep"))
            : (await _content.CompleteAsync(new UploadDetails(name, type, metadata), cancellationToken), null);
    }

    public ValueTask DisposeAsync() => _content?.DisposeAsync() ?? ValueTask.CompletedTask;

    /// <summary>Megabytes as Replicate says them.</summary>
    public static IResult TooLarge(UploadOptions options)
    {
        const long Megabyte = 1024 * 1024;
        var limit = options.MaxBytes % Megabyte == 0 ? $"{options.MaxBytes / Megabyte}MB" : $"{options.MaxBytes} bytes";
        return Problems.Because(StatusCodes.Status413PayloadTooLarge, null, $"Files must be less than {limit} in size");
    }

    async Task<IResult?> TakeContentAsync(FormParts parts, FormPart part, CancellationToken cancellationToken)
    {
        if (_content is not null)
        {
            return Twice(part);
        }

        _contentPart = part;
        _content = await uploads.CreateAsync(cancellationToken);
        if (_content is null)
        {
            return Full();
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
                return Full();
            }
        }
    }

    async Task<IResult?> TakeFieldAsync(FormParts parts, FormPart part, CancellationToken cancellationToken)
    {
        var (text, refusal) = await parts.ReadTextAsync(part, cancellationToken);
        return refusal ?? (_fields.TryAdd(part.Name, text!) ? null : Twice(part));
    }

    /// <summary>A label that no program takes for a path or breaks a line at.</summary>
    static bool IsName(string name) =>
        Encoding.UTF8.GetByteCount(name) <= MaxName
        && !name.AsSpan().ContainsAny('/', '\\', '\uFFFD') // the last stands for bytes that were not UTF-8
        && !name.Any(char.IsControl)
        && name is not ("." or "..");

    /// <returns>The field, or null when it was left out, or left empty as a form on a page sends it.</returns>
    string? Given(string field) => _fields.GetValueOrDefault(field) is { Length: > 0 } text ? text : null;

    static Dictionary<string, JsonElement>? ReadMetadata(string text)
    {
        try
        {
            var node = JsonNode.Parse(text, documentOptions: Strict) as JsonObject;
            JsonTexts.Read(node);
            return node?.Deserialize<Dictionary<string, JsonElement>>();
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException) // the latter: a text that cannot be read
        {
            return null;
        }
    }

    static IResult Twice(FormPart part) => Invalid("invalid_value", part.Name, $"{part.Name} may be given once");

    static IResult Invalid(string type, string field, string description) => Problems.Fields([new InvalidField(type, field, description)]);

    IResult Full() => Problems.Because(
        StatusCodes.Status507InsufficientStorage,
        null,
        $"All files together may take {options.MaxTotalBytes} bytes ({UploadOptions.Section}:{nameof(UploadOptions.MaxTotalBytes)}); delete some, or wait until they expire.");
}

/// <summary>The body of <c>POST /v1/files</c>, for the documents.</summary>
public sealed record ReplicateFileForm
{
    [Required]
    public IFormFile? Content { get; init; }

    /// <summary>In the place of the content's own.</summary>
    public string? Filename { get; init; }

    /// <summary>In the place of the content's own media type.</summary>
    public string? Type { get; init; }

    /// <summary>A JSON object of the client's own.</summary>
    public IReadOnlyDictionary<string, JsonElement>? Metadata { get; init; }
}
