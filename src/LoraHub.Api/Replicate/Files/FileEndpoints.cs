using System.Text.Json.Nodes;
using LoraHub.Api.Docs;
using LoraHub.Api.Http;
using LoraHub.Core;
using LoraHub.Core.Json;
using LoraHub.Core.Uploads;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;

namespace LoraHub.Api.Replicate.Files;

/// <summary>Maps <c>/v1/files</c>, where clients upload files to use as inputs.</summary>
static class FileEndpoints
{
    const int PageSize = 100;

    public static void MapFiles(this IEndpointRouteBuilder v1)
    {
        v1.MapPost("/files", FileCreation.PostAsync)
            .WithName("files.create")
            .WithSummary("Upload a file")
            .WithDescription("Use its `urls.get` as any text input of a prediction. The file is kept for a day.")
            .WithForm<ReplicateFileForm>(new JsonObject { ["filename"] = "examples.txt", ["type"] = "text/plain", ["metadata"] = new JsonObject() })
            .Produces<ReplicateFile>(StatusCodes.Status201Created)
            .ProducesUploadProblems();
        v1.MapGet("/files", ListAsync)
            .WithName("files.list")
            .WithSummary("List files, newest first, a hundred a page")
            .WithQuery(ListCursor.Key, "Where the page begins, from `next`.", "")
            .Produces<ReplicatePage<ReplicateFile>>()
            .ProducesProblem(FileExamples.BadCursor);
        v1.MapGet("/files/{id}", GetAsync)
            .WithName("files.get")
            .WithSummary("Get a file")
            .Produces<ReplicateFile>()
            .ProducesProblem(StatusCodes.Status404NotFound);
        v1.MapDelete("/files/{id}", DeleteAsync)
            .WithName("files.delete")
            .WithSummary("Delete a file")
            .WithDescription("Predictions that use it keep their copy of its content and continue.")
            .Produces(StatusCodes.Status204NoContent)
            .ProducesProblem(StatusCodes.Status404NotFound);
        v1.MapMethods("/files/{id}/download", RouteMethods.Read, DownloadAsync)
            .AllowAnonymous()
            .WithName("files.download")
            .WithSummary("Download a file's content")
            .WithDescription("The full URL is in the file's `urls.download` and needs no token. Supports range requests.")
            .WithQuery("owner", "The owner of the file.", "lorahub", isRequired: true)
            .WithQuery("expiry", "When the URL expires, in Unix seconds.", "1767355200", ParameterType.Integer(0), isRequired: true)
            .WithQuery(
                "signature",
                "Base64 of the HMAC-SHA256 of `{owner} {id} {expiry}`.",
                "zuoghqlrcnw8YHywkpaXQlHsVhWen/DZ4aal76dLiOo=",
                isRequired: true)
            .Produces<byte[]>(StatusCodes.Status200OK, "application/octet-stream")
            .ProducesProblem(StatusCodes.Status404NotFound);
    }

    static void ProducesUploadProblems(this RouteHandlerBuilder route)
    {
        foreach (var problem in FileExamples.Refusals)
        {
            route.ProducesProblem(problem);
        }
    }

    static async Task<IResult> ListAsync(
        HttpRequest request, IUploadStore uploads, FileAddress address, IOptions<LimitsOptions> limits, CancellationToken cancellationToken)
    {
        var cursor = request.Query[ListCursor.Key].ToString();
        var after = ListCursor.Read(cursor) is var (createdAt, id) ? new UploadPosition(createdAt, id) : null;
        if (cursor.Length > 0 && after is null)
        {
            return Problems.Fields([new InvalidField("invalid_value", ListCursor.Key, ListCursor.Rule)]);
        }

        var found = await uploads.ListAsync(after, PageSize + 1, cancellationToken); // one extra shows whether there is a next page
        var results = ReplicatePage.Within(
            limits.Value.PageBytes,
            found.Take(PageSize).Select(upload => ReplicateFile.From(upload, address.Of(upload, Origin.Of(request)))));
        var next = found.Count > results.Length
            ? ListCursor.NextUrl(request, found[results.Length - 1].CreatedAt, found[results.Length - 1].Id)
            : null;
        return TypedResults.Json(new ReplicatePage<ReplicateFile>(next, null, results), WireJson.Options);
    }

    static async Task<IResult> GetAsync(
        string id, HttpRequest request, IUploadStore uploads, FileAddress address, CancellationToken cancellationToken) =>
        await uploads.FindAsync(id, cancellationToken) is { } upload
            ? TypedResults.Json(ReplicateFile.From(upload, address.Of(upload, Origin.Of(request))), WireJson.Options)
            : Problems.NotFound();

    static async Task<IResult> DeleteAsync(string id, IUploadStore uploads, CancellationToken cancellationToken) =>
        await uploads.DeleteAsync(id, cancellationToken) ? TypedResults.NoContent() : Problems.NotFound();

    /// <summary>Always sends a binary attachment, whatever media type the client gave, so that a browser never shows an upload as a page.</summary>
    static async Task<IResult> DownloadAsync(
        string id, HttpContext http, IUploadStore uploads, FileAddress address, CancellationToken cancellationToken)
    {
        if (!address.IsValid(id, http.Request.Query)
            || await uploads.FindAsync(id, cancellationToken) is not { } upload
            || await uploads.OpenReadAsync(id, cancellationToken) is not { } content)
        {
            return Problems.NotFound();
        }

        http.Response.Headers.CacheControl = "private";
        return TypedResults.Stream(
            content, "application/octet-stream", upload.Name, entityTag: new EntityTagHeaderValue($"\"{upload.Md5}\""), enableRangeProcessing: true);
    }
}
