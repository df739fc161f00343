using System.IO.Compression;
using LoraHub.Api.Http;
using LoraHub.Modules.Library;
using LoraHub.Modules.Uploads;
using LoraHub.Modules.Versions;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Net.Http.Headers;

namespace LoraHub.Api.Modules;

/// <summary>
/// Serves a module's files. Their content is untrusted, so each is sent as an attachment and never rendered as a page of this service.
/// </summary>
static class ModuleDownloads
{
    const string Inert = "default-src 'none'; sandbox; frame-ancestors 'none'";

    // The earliest time that a zip can store, so that a version always yields the same bytes.
    static readonly DateTimeOffset NoTime = new(1980, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public static Task<IResult> ZipAsync(string owner, string name, [AsParameters] Services services) =>
        ZipAsync(ModuleReference.Parse($"{owner}/{name}"), services);

    public static Task<IResult> VersionZipAsync(string owner, string name, string digest, [AsParameters] Services services) =>
        ZipAsync(ModuleReference.Parse($"{owner}/{name}@{digest}"), services);

    public static async Task<IResult> FileAsync(string owner, string name, string digest, string file, [AsParameters] Services services)
    {
        if (!UploadedFiles.IsTaken(file)
            || await FindAsync(ModuleReference.Parse($"{owner}/{name}@{digest}"), services) is not var (version, folder)
            || Open(folder, file) is not { } content)
        {
            return Problems.NotFound();
        }

        var attachment = Attachment(content, "application/octet-stream", file, $"{version}/{file}", services.Http.Response);
        return file is ModuleFiles.Weights or ModuleFiles.PickledWeights // a client that loads all files counts once
            ? new CountedDownload(attachment, new ModuleReference($"{owner}/{name}", version), services.Counts)
            : attachment;
    }

    public static async Task<IResult> CardAsync(string owner, string name, [AsParameters] Services services) =>
        await FindAsync(ModuleReference.Parse($"{owner}/{name}"), services) is var (_, folder) && Open(folder, ModuleFiles.Card) is { } content
            ? Attachment(content, "text/markdown; charset=utf-8", ModuleFiles.Card, entityTag: null, services.Http.Response)
            : Problems.NotFound();

    static async Task<IResult> ZipAsync(ModuleReference? reference, Services services)
    {
        if (await FindAsync(reference, services) is not var (version, folder))
        {
            return Problems.NotFound();
        }

        var response = services.Http.Response;

        // Opens all files first: a module that is deleted meanwhile does not truncate this response.
        (string Name, FileStream Content)[] files = [.. ModuleFiles.MostBytes.Keys.Where(UploadedFiles.IsTaken)
            .Select(name => (name, Open(folder, name))).Where(file => file.Item2 is not null).Select(file => (file.name, file.Item2!))];
        foreach (var (_, content) in files)
        {
            response.RegisterForDisposeAsync(content);
        }

        response.Headers.ContentSecurityPolicy = Inert;
        // ZipArchive writes its headers synchronously; contents are written asynchronously.
        services.Http.Features.Get<IHttpBodyControlFeature>()?.AllowSynchronousIO = true;
        var zip = TypedResults.Stream(
            body => WriteAsync(files, body, services.Http.RequestAborted),
            "application/zip",
            $"{reference!.Id.Replace('/', '_')}-{version[..12]}.zip",
            entityTag: new EntityTagHeaderValue($"\"{version}\""));
        return new CountedDownload(zip, new ModuleReference(reference.Id, version), services.Counts);
    }

    static async Task WriteAsync((string Name, FileStream Content)[] files, Stream body, CancellationToken cancellationToken)
    {
        await using var zip = await ZipArchive.CreateAsync(body, ZipArchiveMode.Create, leaveOpen: true, entryNameEncoding: null, cancellationToken);
        foreach (var (name, content) in files)
        {
            var entry = zip.CreateEntry(name, CompressionLevel.NoCompression); // weights do not compress
            entry.LastWriteTime = NoTime;
            await using var stream = await entry.OpenAsync(cancellationToken);
            await content.CopyToAsync(stream, cancellationToken);
        }
    }

    static FileStreamHttpResult Attachment(FileStream content, string type, string name, string? entityTag, HttpResponse response)
    {
        response.Headers.ContentSecurityPolicy = Inert;
        return TypedResults.Stream(
            content,
            type,
            name,
            lastModified: new DateTimeOffset(File.GetLastWriteTimeUtc(content.SafeFileHandle)),
            entityTag: entityTag is null ? null : new EntityTagHeaderValue($"\"{entityTag}\""),
            enableRangeProcessing: true);
    }

    /// <returns>The version's digest and folder, or null if this node has no files of it.</returns>
    static async Task<(string Version, string Folder)?> FindAsync(ModuleReference? reference, Services services) =>
        reference is not null
        && await services.Index.FindAsync(reference, services.Http.RequestAborted) is { Digest: { } digest } module
        && services.Library.Find(new ModuleReference(module.Id, digest)) is { Folder.Length: > 0 } info
            ? (digest, info.Folder)
            : null;

    static FileStream? Open(string folder, string name)
    {
        try
        {
            var path = Path.Combine(folder, name);
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, bufferSize: 0, useAsync: true);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    /// <summary>What it takes to serve a file.</summary>
    internal sealed record Services(
        HttpContext Http, [FromServices] IModuleIndex Index, [FromServices] ModuleLibrary Library, [FromServices] DownloadCounts Counts);
}
