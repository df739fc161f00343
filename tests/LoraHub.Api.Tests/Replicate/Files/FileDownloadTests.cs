using System.Net;
using LoraHub.Api.Tests.Support;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace LoraHub.Api.Tests.Replicate.Files;

public sealed class FileDownloadTests(SharedService shared) : IClassFixture<SharedService>
{
    [Fact]
    public async Task A_download_URL_serves_the_bytes_as_an_attachment()
    {
        var client = await shared.Service.ReadyAsync();
        var file = await client.UploadedAsync("<script>alert(1)</script>", "pägé.html", "text/html");

        using var response = await client.FetchAsync(file.Download);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("<script>alert(1)</script>", await response.TextAsync());
        Assert.Equal("application/octet-stream", response.Content.Headers.ContentType!.MediaType);
        Assert.Equal("attachment", response.Content.Headers.ContentDisposition!.DispositionType);
        Assert.Equal("pägé.html", response.Content.Headers.ContentDisposition.FileNameStar);
        Assert.Equal(["nosniff"], response.Headers.GetValues("X-Content-Type-Options"));
        Assert.Equal($"\"{file.Json.Text("etag")}\"", response.Headers.ETag!.Tag);
    }

    [Fact]
    public async Task A_range_is_served()
    {
        var client = await shared.Service.ReadyAsync();
        var file = await client.UploadedAsync("0123456789");

        using var response = await client.FetchAsync(file.Download, ("Range", "bytes=2-4"));

        Assert.Equal(HttpStatusCode.PartialContent, response.StatusCode);
        Assert.Equal("234", await response.TextAsync());
    }

    [Fact]
    public async Task A_forged_URL_is_not_found()
    {
        var client = await shared.Service.ReadyAsync();
        var (file, other) = (await client.UploadedAsync("one"), await client.UploadedAsync("two"));
        string[] urls =
        [
            file.Download.Replace(file.Id, other.Id),
            file.Download.Replace("owner=lorahub", "owner=other"),
            file.Download.Replace("expiry=", "expiry=1"),
            file.Download.Replace("expiry=", "expiry=x"),
            file.Download.Replace("signature=", "signature=A"),
            file.Download[..file.Download.IndexOf("&signature", StringComparison.Ordinal)],
            $"{file.Get}/download",
            $"{file.Get}/download?owner=&expiry=&signature=",
        ];

        foreach (var url in urls)
        {
            using var response = await client.FetchAsync(url);
            Assert.True(response.StatusCode == HttpStatusCode.NotFound, url);
        }
    }

    [Fact]
    public async Task An_expired_file_and_its_URLs_are_gone()
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var service = new Service(("Files:KeepFor", "01:00:00"));
        var client = service.WithWebHostBuilder(builder => builder.ConfigureTestServices(services => services.AddSingleton<TimeProvider>(time)))
            .CreateClient();
        var file = await client.UploadedAsync("text");
        time.Advance(TimeSpan.FromMinutes(59));
        using var before = await client.FetchAsync(file.Download);
        time.Advance(TimeSpan.FromMinutes(1));

        using var download = await client.FetchAsync(file.Download);
        using var get = await client.FetchAsync(file.Get);

        Assert.Equal(
            [HttpStatusCode.OK, HttpStatusCode.NotFound, HttpStatusCode.NotFound],
            new[] { before, download, get }.Select(response => response.StatusCode));
    }

    [Fact]
    public async Task URLs_outlive_the_process()
    {
        var data = Directory.CreateTempSubdirectory("lorahub-").FullName;
        try
        {
            UploadedFile file;
            await using (var first = await TestHostProcess.StartAsync(data))
            {
                file = await first.Client.UploadedAsync("text");
            }

            await using var second = await TestHostProcess.StartAsync(data);
            using var response = await second.Client.FetchAsync(new Uri(file.Download).PathAndQuery);

            Assert.Equal("text", await response.TextAsync());
        }
        finally
        {
            Directory.Delete(data, recursive: true);
        }
    }
}
