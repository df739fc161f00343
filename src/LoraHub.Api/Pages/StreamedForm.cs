using LoraHub.Api.Http;
using LoraHub.Api.Replicate.Files;
using LoraHub.Core;
using LoraHub.Core.Uploads;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;

namespace LoraHub.Api.Pages;

/// <summary>Marks a route that reads its form by <see cref="StreamedForm"/>, which checks the form's token before the file arrives.</summary>
sealed record ReadsStreamedForm;

/// <summary>Reads forms with a file: it goes to the store of <c>/v1/files</c> while it arrives; the other fields are in memory.</summary>
sealed class StreamedForm(
    PageAnswers answers, IUploadStore uploads, IOptions<UploadOptions> files, IOptions<LimitsOptions> limits)
{
    /// <summary>The bytes that a form may hold beyond its file and its text.</summary>
    const int FormBytes = 1 << 20;

    const int MostFields = 200, MaxName = 100;

    /// <exception cref="RequestRefusedException">The form was not made here, or exceeds a limit.</exception>
    public async Task<(IFormCollection Fields, Upload? File)> ReadAsync(HttpContext http)
    {
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } body)
        {
            body.MaxRequestBodySize = files.Value.MaxBytes + limits.Value.InputBytes + FormBytes;
        }

        var parts = FormParts.Of(http.Request, () => FileForm.TooLarge(files.Value), MostFields + 2 * limits.Value.InputLines);
        await CheckOriginAsync(http, parts);
        var (fields, left, file) = (new Dictionary<string, StringValues>(StringComparer.Ordinal), limits.Value.InputBytes + FormBytes, (Upload?)null);
        while (await parts.NextAsync(http.RequestAborted) is { } part)
        {
            if (part.FileName is null)
            {
                var text = await parts.ReadTextAsync(part, http.RequestAborted, left);
                left -= text.Length;
                fields[part.Name] = StringValues.Concat(fields.GetValueOrDefault(part.Name), text);
            }
            else if (part.FileName.Length > 0 && file is null) // without a chosen file a browser sends an empty name
            {
                file = await StoreAsync(parts, part, http.RequestAborted);
            }
        }

        return (new FormCollection(fields), file);
    }

    /// <summary>The form's first field is its token (<see cref="Web.Layout.PageForm"/>).</summary>
    async Task CheckOriginAsync(HttpContext http, FormParts parts)
    {
        var first = await parts.NextAsync(http.RequestAborted);
        var token = first?.Name == answers.FormField(http) ? await parts.ReadTextAsync(first, http.RequestAborted) : "";
        if (!await answers.IsOwnFormAsync(http, token))
        {
            throw new RequestRefusedException(Problems.Because(StatusCodes.Status400BadRequest, null, PageAnswers.ForeignForm));
        }
    }

    async Task<Upload> StoreAsync(FormParts parts, FormPart part, CancellationToken cancellationToken)
    {
        await using var content = await FileForm.StoreAsync(parts, part, uploads, files.Value, cancellationToken);
        var name = part.FileName!.Length <= MaxName && FileForm.IsName(part.FileName) ? part.FileName : "data";
        var details = new UploadDetails(name, "text/plain", new Dictionary<string, System.Text.Json.JsonElement>());
        return await content.CompleteAsync(details, cancellationToken);
    }
}
