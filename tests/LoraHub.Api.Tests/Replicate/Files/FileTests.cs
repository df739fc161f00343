using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using LoraHub.Api.Tests.Support;

namespace LoraHub.Api.Tests.Replicate.Files;

public sealed class FileTests(SharedService shared) : IClassFixture<SharedService>, IAsyncDisposable
{
    /// <summary>For tests that script the service or inspect its data; the others share one.</summary>
    readonly Service _service = new();

    public ValueTask DisposeAsync() => _service.DisposeAsync();

    [Fact]
    public async Task An_uploaded_file_is_described_and_found()
    {
        var client = await shared.Service.ReadyAsync();

        using var response = await client.UploadAsync("müß\n", "exämple.txt", "text/plain", """{"Reference": 1.0, "tags": ["a", "ä<"]}""");

        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        var text = await response.TextAsync();
        var file = new UploadedFile(JsonNode.Parse(text)!.AsObject());
        var bytes = Encoding.UTF8.GetBytes("müß\n");
        Assert.Equal("exämple.txt", file.Json.Text("name"));
        Assert.Equal("text/plain", file.Json.Text("content_type"));
        Assert.Equal(6, (int)file.Json["size"]!);
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(bytes)), file.Json["checksums"]!.Text("sha256"));
        Assert.Equal(file.Json["checksums"]!.Text("md5"), file.Json.Text("etag"));
        Assert.Contains("""{"Reference":1.0,"tags":["a","ä<"]}""",
            text.Replace(": ", ":", StringComparison.Ordinal).Replace(", ", ",", StringComparison.Ordinal));
        Assert.Equal(TimeSpan.FromDays(1),
            DateTimeOffset.Parse(file.Json.Text("expires_at")!, null) - DateTimeOffset.Parse(file.Json.Text("created_at")!, null));
        Assert.Equal($"http://localhost/v1/files/{file.Id}", file.Get);
        Assert.Equal(file.Get, response.Headers.Location!.OriginalString);
        Assert.Equal(text, (await client.GetJsonAsync(file.Get))
            .ToJsonString(new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }));
    }

    [Fact]
    public async Task Form_parts_are_accepted_in_any_order_and_metadata_as_a_file()
    {
        var client = await shared.Service.ReadyAsync();

        using var response = await client.PostFormAsync("""
            preamble
            --x
            Content-Disposition: form-data; name="metadata"; filename="blob"
            Content-Type: application/json

            {"of": "a test"}
            --x
            Content-Disposition: form-data; name="type"

            text/csv; charset=utf-8
            --x
            Content-Disposition: form-data; name="unknown"

            ignored
            --x
            Content-Disposition: form-data; name="content"; filename="a.txt"

            a
            b
            --x
            Content-Disposition: form-data; name="filename"

            b ü.csv
            --x--
            epilogue
            """);

        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        var file = await response.JsonAsync();
        Assert.Equal("b ü.csv", file.Text("name"));
        Assert.Equal("text/csv; charset=utf-8", file.Text("content_type"));
        Assert.Equal(4, (int)file["size"]!);
        Assert.Equal("a test", file["metadata"]!.Text("of"));
    }

    [Fact]
    public async Task An_empty_form_field_is_treated_as_missing()
    {
        var client = await shared.Service.ReadyAsync();

        using var response = await client.PostFormAsync("""
            --x
            Content-Disposition: form-data; name="content"; filename="a.txt"
            Content-Type: text/plain

            a
            --x
            Content-Disposition: form-data; name="filename"


            --x
            Content-Disposition: form-data; name="type"


            --x
            Content-Disposition: form-data; name="metadata"


            --x--

            """);

        var file = await response.JsonAsync();
        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        Assert.Equal(("a.txt", "text/plain", 0), (file.Text("name"), file.Text("content_type"), file["metadata"]!.AsObject().Count));
    }

    [Theory]
    [InlineData("filename=\"a.txt\"", "a.txt")]
    [InlineData("filename=a.txt", "a.txt")]
    [InlineData("filename=\"exämple.txt\"", "exämple.txt")]
    [InlineData("filename=\"x\"; filename*=UTF-8''ex%C3%A4mple%20%F0%9F%90%88.txt", "exämple 🐈.txt")]
    [InlineData("filename=\"a; b.txt\"", "a; b.txt")]
    [InlineData("filename=\"50%25.txt\"", "50%25.txt")]
    public async Task A_file_name_is_preserved(string parameter, string name)
    {
        var client = await shared.Service.ReadyAsync();

        using var response = await client.PostFormAsync($"--x\nContent-Disposition: form-data; name=\"content\"; {parameter}\n\ntext\n--x--\n");

        Assert.Equal(name, (await response.JsonAsync()).Text("name"));
        Assert.Empty((await client.GetJsonAsync("/v1/files"))["results"]![0]!["metadata"]!.AsObject());
    }

    [Fact]
    public async Task Files_are_listed_page_by_page_newest_first()
    {
        var client = await _service.ReadyAsync();
        var created = new List<string>();
        for (var i = 0; i < 230; i++)
        {
            created.Add((await client.UploadedAsync($"{i}")).Id);
        }

        var pages = new List<JsonObject>();
        for (string? next = "/v1/files"; next is not null; next = pages[^1].Text("next"))
        {
            pages.Add(await client.GetJsonAsync(next));
            Assert.StartsWith("http://localhost/v1/files?cursor=", pages[^1].Text("next") ?? "http://localhost/v1/files?cursor=");
        }

        Assert.Equal([100, 100, 30], pages.Select(page => page["results"]!.AsArray().Count));
        Assert.Equal(created.AsEnumerable().Reverse(), pages.SelectMany(page => page["results"]!.AsArray()).Select(file => file!.Text("id")!));
    }

    [Fact]
    public async Task A_deleted_file_is_gone_from_every_route()
    {
        var client = await _service.ReadyAsync();
        var file = await client.UploadedAsync("text");

        using var deleted = await client.SendAsync(HttpMethod.Delete, file.Get, json: null);

        Assert.Equal(HttpStatusCode.NoContent, deleted.StatusCode);
        foreach (var (method, url) in new[] { (HttpMethod.Get, file.Get), (HttpMethod.Get, file.Download), (HttpMethod.Delete, file.Get) })
        {
            using var response = await client.SendAsync(method, url, json: null);
            Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        }

        Assert.Empty((await client.GetJsonAsync("/v1/files"))["results"]!.AsArray());
    }

    [Fact]
    public async Task The_server_enforces_a_separate_limit_for_files()
    {
        await using var service = await TestHostProcess.StartAsync(("Api:MaxRequestBody", "1024"), ("Files:MaxBytes", "100000"));
        using var form = new MultipartFormDataContent { { new StringContent(new string('a', 2_000_000)), "ignored" } };
        using var endless = new HttpRequestMessage(HttpMethod.Post, "/v1/files") { Content = form };
        endless.Headers.TransferEncodingChunked = true;

        var taken = await service.Client.UploadedAsync(new string('a', 100_000));
        using var refused = await service.Client.SendAsync(endless, TestContext.Current.CancellationToken);

        Assert.Equal(100_000, (int)taken.Json["size"]!);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, refused.StatusCode);
        Assert.Equal("Files must be less than 100000 bytes in size", (await refused.JsonAsync()).Text("detail"));
    }

    [Fact]
    public async Task Neither_a_name_nor_content_nor_metadata_is_logged()
    {
        var client = await _service.ReadyAsync();

        using var taken = await client.UploadAsync("secret-content", "secret-name", metadata: """{"secret-key": 1}""");
        using var refused = await client.UploadAsync("secret-content", "secret-name/", metadata: """["secret-key"]""");

        Assert.DoesNotContain("secret", _service.Log.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", await refused.TextAsync(), StringComparison.Ordinal);
    }
}
