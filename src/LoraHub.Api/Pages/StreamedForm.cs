using LoraHub.Api.Http;
using LoraHub.Api.Replicate.Files;
using LoraHub.Core.Uploads;
using Microsoft.Extensions.Options;

namespace LoraHub.Api.Pages;

/// <summary>Marks a route that reads its form as a stream, because files come with it: from its token on, before which nothing is stored.</summary>
sealed record ReadsStreamedForm;

/// <summary>Reads forms with a file: it goes to the store of <c>/v1/files</c> while it arrives; the other fields are in memory.</summary>
sealed class StreamedForm(PageForms forms, IUploadStore uploads, IOptions<UploadOptions> files)
{
    const int MaxName = 100;

    /// <exception cref="RequestRefusedException">The form was not made here, exceeds a limit, or came too slowly.</exception>
    public async Task<(IFormCollection Fields, Upload? File)> ReadAsync(HttpContext http)
    {
        Upload? stored = null;
        var fields = await forms.ReadAsync(http, files.Value.MaxBytes, FileForm.TooLarge(files.Value), async (file, cancellationToken) =>
        {
            if (file.Part.FileName!.Length > 0 && stored is null) // without a chosen file a browser sends an empty name
            {
                stored = await StoreAsync(file.Parts, file.Part, cancellationToken);
            }
        });
        return (fields, stored);
    }

    async Task<Upload> StoreAsync(FormParts parts, FormPart part, CancellationToken cancellationToken)
    {
        await using var content = await FileForm.StoreAsync(parts, part, uploads, files.Value, cancellationToken);
        var name = part.FileName!.Length <= MaxName && FileForm.IsName(part.FileName) ? part.FileName : "data";
        var details = new UploadDetails(name, "text/plain", new Dictionary<string, System.Text.Json.JsonElement>());
        return await content.CompleteAsync(details, cancellationToken);
    }
}
