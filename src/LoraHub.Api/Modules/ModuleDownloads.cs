using System.IO.Compression;
using LoraHub.Api.Http;
using LoraHub.Modules.Library;
using LoraHub.Modules.Uploads;
using LoraHub.Modules.Versions;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.HttpResults;
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

    public static Task<IResult> ZipAsync(
        string owner,
        string name,
        HttpResponse response,
        IModuleIndex index,
        ModuleLibrary library,
        DownloadCounts counts,
        CancellationToken cancellationToken) =>
        ZipAsync(ModuleReference.Parse($"{owner}/{name}"), response, index, library, counts, cancellationToken);

    public static Task<IResult> VersionZipAsync(
        string owner,
        string name,
        string digest,
        HttpResponse response,
        IModuleIndex index,
        ModuleLibrary library,
        DownloadCounts counts,
        CancellationToken cancellationToken) =>
        ZipAsync(ModuleReference.Parse($"{owner}/{name}@{digest}"), response, index, library, counts, cancellationToken);

    public static async Task<IResult> FileAsync(
        string owner,
        string name,
        string digest,
        string file,
        HttpResponse response,
        IModuleIndex index,
        ModuleLibrary library,
        DownloadCounts counts,
        CancellationToken cancellationToken)
    {
        if (!UploadedFiles.IsTaken(file)
            || await FindAsync(ModuleReference.Parse($"{owner}/{name}@{digest}"), index, library, cancellationToken) is not var (version, folder))
        {
            return Problems.NotFound();
        }

        if (Open(folder, file) is not { } content)
        {
            return Problems.NotFound();
        }

        var attachment = Attachment(content, "application/octet-stream", file, $"{version}/{file}", response);
        return file is ModuleFiles.Weights or ModuleFiles.PickledWeights // a client that loads all files counts once
            ? new CountedDownload(attachment, new ModuleReference($"{owner}/{name}", version), counts)
            : attachment;
    }

    public static async Task<IResult> CardAsync(
        string owner, string name, HttpResponse response, IModuleIndex index, ModuleLibrary library, CancellationToken cancellationToken) =>
        await FindAsync(ModuleReference.Parse($"{owner}/{name}"), index, library, cancellationToken) is var (_, folder)
        && Open(folder, ModuleFiles.Card) is { } content
            ? Attachment(content, "text/markdown; charset=utf-8", ModuleFiles.Card, entityTag: null, response)
            : Problems.NotFound();

    static async Task<IResult> ZipAsync(
        ModuleReference? reference,
        HttpResponse response,
        IModuleIndex index,
        ModuleLibrary library,
        DownloadCounts counts,
        CancellationToken cancellationToken)
    {
        if (await FindAsync(reference, index, library, cancellationToken) is not var (version, folder))
        {
            return Problems.NotFound();
        }

        // Opens all files first: a module that is deleted meanwhile does not truncate this response.
        (string Name, FileStream Content)[] files = [.. ModuleFiles.MostBytes.Keys.Where(UploadedFiles.IsTaken)
            .Select(name => (name, Open(folder, name))).Where(file => file.Item2 is not null).Select(file => (file.name, file.Item2!))];
        foreach (var (_, content) in files)
        {
            response.RegisterForDisposeAsync(content);
        }

        response.Headers.ContentSecurityPolicy = Inert;
        // ZipArchive writes its headers synchronously; contents are written asynchronously.
        response.HttpContext.Features.Get<IHttpBodyControlFeature>()?.AllowSynchronousIO = true;
        var zip = TypedResults.Stream(
            body => WriteAsync(files, body, cancellationToken),
            "application/zip",
            $"{reference!.Id.Replace('/', '_')}-{version[..12]}.zip",
            entityTag: new EntityTagHeaderValue($"\"{version}\""));
        return new CountedDownload(zip, new ModuleReference(reference.Id, version), counts);
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
    static async Task<(string Version, string Folder)?> FindAsync(
        ModuleReference? reference, IModuleIndex index, ModuleLibrary library, CancellationToken cancellationToken) =>
        reference is not null
        && await index.FindAsync(reference, cancellationToken) is { Digest: { } digest } module
        && library.Find(new ModuleReference(module.Id, digest)) is { Folder.Length: > 0 } info
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
}
