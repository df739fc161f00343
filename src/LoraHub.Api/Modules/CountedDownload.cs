using LoraHub.Modules.Versions;

namespace LoraHub.Api.Modules;

/// <summary>Counts a download that was sent whole. Of a download in parts, the first part counts.</summary>
/// <param name="version">With its full digest.</param>
sealed class CountedDownload(IResult download, ModuleReference version, DownloadCounts counts) : IResult
{
    public async Task ExecuteAsync(HttpContext httpContext)
    {
        await download.ExecuteAsync(httpContext);
        if (HttpMethods.IsGet(httpContext.Request.Method) && IsFromStart(httpContext.Response) && !httpContext.RequestAborted.IsCancellationRequested)
        {
            counts.Add(version);
        }
    }

    static bool IsFromStart(HttpResponse response) => response.StatusCode == StatusCodes.Status200OK
        || (response.StatusCode == StatusCodes.Status206PartialContent && response.GetTypedHeaders().ContentRange is { From: 0 });
}
