using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using LoraHub.Core.Predictions.Inputs;
using LoraHub.Core.Uploads;

namespace LoraHub.Api.Predictions;

/// <summary>
/// Replaces a text input that is a single URL by the content of its file. The URL is a <c>data:</c> URL or that of a file uploaded to this service.
/// Other hosts are never contacted, and the prediction holds the text itself. Errors quote nothing of a value.
/// </summary>
sealed class FileInputs(IUploadStore uploads)
{
    static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <param name="fields">The model's inputs.</param>
    /// <param name="known">The inputs. The method replaces URLs in them.</param>
    /// <param name="origins">The schemes and hosts of this service.</param>
    /// <param name="budget">Takes the bytes of the files.</param>
    /// <returns>The errors, ordered by field name.</returns>
    public async Task<IReadOnlyList<InputError>> ReadAsync(
        IReadOnlyList<InputField> fields,
        JsonObject known,
        IReadOnlyList<string> origins,
        InputBudget budget,
        CancellationToken cancellationToken)
    {
        var errors = new List<InputError>();
        foreach (var field in fields.Where(AcceptsFile).OrderBy(field => field.Name, StringComparer.Ordinal))
        {
            if (known[field.Name] is not JsonValue value || value.GetValueKind() != JsonValueKind.String)
            {
                continue;
            }

            var given = value.GetValue<string>();
            switch (await ReadAsync(given.Trim(), origins, budget, cancellationToken))
            {
                case FileContent.Bytes(var bytes) when !budget.Take(bytes.Length):
                case FileContent.None when InputBudget.IsDataUrl(given) && !budget.Take(Encoding.UTF8.GetByteCount(given)):
                case FileContent.TooLarge:
                    return [new InputError(field.Name, budget.Message, InputErrorKind.OverBudget)];
                case FileContent.Bytes(var bytes) when Decode(bytes) is { } text:
                    known[field.Name] = text;
                    break;
                case FileContent.Bytes:
                    errors.Add(new InputError(field.Name, "The file is not UTF-8 text.", InputErrorKind.Invalid));
                    break;
                case FileContent.Invalid when field.Name == PromptSchema.Prompt:
                    break; // a prompt may be any text, also one that looks like a URL
                case FileContent.Invalid(var message):
                    errors.Add(new InputError(field.Name, message, InputErrorKind.Invalid));
                    break;
            }
        }

        return errors;
    }

    static bool AcceptsFile(InputField field) =>
        field.Type is InputType.Lines or InputType.Weights || field is { Type: InputType.Text, Choices: null, IsReference: false };

    async Task<FileContent> ReadAsync(string value, IReadOnlyList<string> origins, InputBudget budget, CancellationToken cancellationToken) =>
        FileReference.Of(value, origins) switch
        {
            FileReference.Data(var bytes) => new FileContent.Bytes(bytes),
            FileReference.Uploaded(var id) => await ReadUploadAsync(id, budget, cancellationToken),
            FileReference.Invalid(var message) => new FileContent.Invalid($"{message} {FileReference.AsText}"),
            _ => new FileContent.None(),
        };

    async Task<FileContent> ReadUploadAsync(string id, InputBudget budget, CancellationToken cancellationToken)
    {
        if (await uploads.FindAsync(id, cancellationToken) is not { } upload)
        {
            return NotFound();
        }

        if (!budget.Has(upload.Size))
        {
            return new FileContent.TooLarge();
        }

        await using var content = await uploads.OpenReadAsync(id, cancellationToken);
        if (content is null)
        {
            return NotFound();
        }

        var bytes = new byte[upload.Size];
        await content.ReadExactlyAsync(bytes, cancellationToken);
        return new FileContent.Bytes(bytes);
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

    static FileContent.Invalid NotFound() => new(FileReference.Unknown);

    /// <summary>The file that a text input refers to.</summary>
    abstract record FileContent
    {
        FileContent()
        {
        }

        /// <summary>The input is plain text, not a URL.</summary>
        public sealed record None : FileContent;

        public sealed record Bytes(byte[] Content) : FileContent;

        /// <summary>The file is larger than what the budget has left; it was not read.</summary>
        public sealed record TooLarge : FileContent;

        public sealed record Invalid(string Message) : FileContent;
    }
}
