using System.Text.Json;
using LoraHub.Api.Http;
using LoraHub.Core.Uploads;

namespace LoraHub.Api.Replicate.Files;

/// <summary>Example responses about files, for the OpenAPI document.</summary>
static class FileExamples
{
    public static readonly Problem BadCursor = Invalid(new InvalidField("invalid_value", ListCursor.Key, ListCursor.Rule));

    public static readonly IReadOnlyList<Problem> Refusals =
    [
        new(null, "The body is not valid multipart/form-data: it ends before its last boundary.", StatusCodes.Status400BadRequest),
        new(null, "Files must be less than 100MB in size", StatusCodes.Status413PayloadTooLarge),
        new(null, "Send the file as Content-Type: multipart/form-data.", StatusCodes.Status415UnsupportedMediaType),
        Invalid(new InvalidField("required", "content", "content is required: the file")),
        new(
            null,
            "Stored files may total at most 1073741824 bytes (Files:MaxTotalBytes); delete some, or wait until they expire.",
            StatusCodes.Status507InsufficientStorage),
    ];

    public static IEnumerable<object> At(DateTimeOffset now)
    {
        var upload = new Upload
        {
            Id = "cneqzikepnug6xezperrr4z55o",
            Name = "examples.txt",
            ContentType = "text/plain",
            Size = 14,
            Sha256 = "012a370f2ce4f6218e2c457adae1043e910910ec1c9c883afc191a9f7584c29b",
            Md5 = "d585040c2aa95dcfc7b6d1ee22f59d1c",
            Metadata = new Dictionary<string, JsonElement> { ["customer_reference_id"] = JsonSerializer.SerializeToElement(123) },
            CreatedAt = now,
            ExpiresAt = now.AddDays(1),
        };
        var get = $"http://localhost:5000/v1/files/{upload.Id}";
        var file = ReplicateFile.From(upload, new FileUrls(get, $"{get}/download?expiry=1767355200&owner=lorahub&signature=zuog…"));
        yield return file;
        yield return new ReplicatePage<ReplicateFile>(null, null, [file]);
    }

    static Problem Invalid(InvalidField field) =>
        new("Input validation failed", $"- {field.Field}: {field.Description}\n", StatusCodes.Status422UnprocessableEntity, [field]);
}
