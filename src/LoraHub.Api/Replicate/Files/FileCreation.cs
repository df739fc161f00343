using LoraHub.Api.Http;
using LoraHub.Core.Json;
using LoraHub.Core.Uploads;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Options;

namespace LoraHub.Api.Replicate.Files;

/// <summary>Handles file uploads.</summary>
static class FileCreation
{
    /// <summary>The bytes that a form may hold beyond its file.</summary>
    const int FormBytes = 1024 * 1024;

    public static async Task<IResult> PostAsync(HttpContext http, IUploadStore uploads, FileAddress address, IOptions<UploadOptions> options)
    {
        var limit = options.Value.MaxBytes + FormBytes;
        if (http.Request.ContentLength > limit)
        {
            return FileForm.TooLarge(options.Value);
        }

        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } body)
        {
            body.MaxRequestBodySize = limit;
        }

        var parts = FormParts.Of(http.Request, () => FileForm.TooLarge(options.Value));
        await using var form = new FileForm(uploads, options.Value);
        await form.ReadAsync(parts, http.RequestAborted);
        var upload = await form.CompleteAsync(http.RequestAborted);
        var urls = address.Of(upload, Origin.Of(http.Request));
        http.Response.Headers.Location = urls.Get;
        return TypedResults.Json(ReplicateFile.From(upload, urls), WireJson.Options, statusCode: StatusCodes.Status201Created);
    }
}
