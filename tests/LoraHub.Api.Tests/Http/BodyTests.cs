using System.IO.Compression;
using System.Net;
using System.Text;
using LoraHub.Api.Tests.Support;

namespace LoraHub.Api.Tests.Http;

/// <summary>Compressed bodies, and the shape of errors on paths of neither API.</summary>
public sealed class BodyTests(SharedService shared) : IClassFixture<SharedService>
{
    const string Body = """{"version": "lorahub/lorahub", "input": {"test_inputs": "a"}}""";

    [Theory]
    [InlineData("/predictions")]
    [InlineData("/v1/predictions")]
    public async Task A_body_compressed_by_gzip_is_read(string path)
    {
        var client = await shared.Service.ReadyAsync();

        using var response = await SendAsync(client, path, Compress(Encoding.UTF8.GetBytes(Body)), "gzip");

        Assert.True(response.IsSuccessStatusCode, await response.TextAsync());
        await client.UntilHealthAsync("READY"); // a bare path is refused while the only slot is busy
    }

    [Theory]
    [InlineData("br", HttpStatusCode.UnsupportedMediaType, "send the body plain or compressed by gzip")]
    [InlineData("gzip, gzip", HttpStatusCode.UnsupportedMediaType, "send the body plain or compressed by gzip")]
    [InlineData("gzip", HttpStatusCode.BadRequest, "The body is not valid gzip data.")]
    public async Task Another_encoding_or_a_malformed_one_is_refused_with_the_cure(string encoding, HttpStatusCode statusCode, string message)
    {
        var client = await shared.Service.ReadyAsync();

        using var response = await SendAsync(client, "/v1/predictions", Encoding.UTF8.GetBytes(Body), encoding);

        Assert.Equal(statusCode, response.StatusCode);
        Assert.Contains(message, (await response.JsonAsync()).Text("detail"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_small_body_that_unpacks_to_more_than_the_limit_is_a_413()
    {
        await using var service = new Service(("Api:MaxRequestBody", "100000"));
        var client = await service.ReadyAsync();

        using var response = await SendAsync(client, "/v1/predictions", Compress(Encoding.UTF8.GetBytes(new string(' ', 100_001))), "gzip");

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
        Assert.Equal("The body must be at most 100000 bytes.", (await response.JsonAsync()).Text("detail"));
    }

    [Fact]
    public async Task A_compressed_form_is_refused_with_the_cure()
    {
        var client = await shared.Service.ReadyAsync();
        using var content = new ByteArrayContent(Compress("--x--\r\n"u8.ToArray()));
        content.Headers.TryAddWithoutValidation("Content-Type", "multipart/form-data; boundary=x");
        content.Headers.ContentEncoding.Add("gzip");

        using var response = await client.PostAsync(new Uri("/v1/files", UriKind.Relative), content, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.UnsupportedMediaType, response.StatusCode);
        Assert.Equal("Send the form without a Content-Encoding.", (await response.JsonAsync()).Text("detail"));
    }

    [Theory]
    [InlineData("GET", "/no-such-page")]
    [InlineData("GET", "/results/x/adapter.zip")]
    [InlineData("GET", "/results/x/other.zip")]
    [InlineData("POST", "/results/x/adapter.zip")]
    [InlineData("GET", "/predictionsx")]
    [InlineData("GET", "/docs/nothing")]
    [InlineData("DELETE", "/v1/predictions")]
    public async Task An_error_on_a_path_that_is_not_of_Cog_is_a_problem(string method, string path)
    {
        var client = await shared.Service.ReadyAsync();

        using var response = await client.SendAsync(new HttpMethod(method), path, json: null);

        Assert.True((int)response.StatusCode is 404 or 405, $"{response.StatusCode}");
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        Assert.Equal((int)response.StatusCode, (int)(await response.JsonAsync())["status"]!);
    }

    static async Task<HttpResponseMessage> SendAsync(HttpClient client, string path, byte[] bytes, string encoding)
    {
        using var content = new ByteArrayContent(bytes);
        content.Headers.ContentType = new("application/json");
        content.Headers.TryAddWithoutValidation("Content-Encoding", encoding);
        return await client.PostAsync(new Uri(path, UriKind.Relative), content, TestContext.Current.CancellationToken);
    }

    static byte[] Compress(byte[] bytes)
    {
        var compressed = new MemoryStream();
        using (var gzip = new GZipStream(compressed, CompressionMode.Compress))
        {
            gzip.Write(bytes);
        }

        return compressed.ToArray();
    }
}
