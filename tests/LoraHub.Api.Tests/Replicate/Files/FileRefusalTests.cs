using System.Net;
using LoraHub.Api.Tests.Support;

namespace LoraHub.Api.Tests.Replicate.Files;

/// <summary>A form without a valid file is refused with a reason and leaves nothing on disk.</summary>
public sealed class FileRefusalTests(ServicePool pool) : IClassFixture<ServicePool>
{
    const string Content = "--x\nContent-Disposition: form-data; name=\"content\"; filename=\"a\"\n\ntext\n";

    static readonly (string Key, string Value)[] Settings = [("Files:MaxBytes", "100000"), ("Files:MaxTotalBytes", "200000")];

    public static TheoryData<string, HttpStatusCode, string> Forms => new()
    {
        { "", HttpStatusCode.BadRequest, "last boundary" },
        { "--", HttpStatusCode.BadRequest, "last boundary" },
        { "--x", HttpStatusCode.BadRequest, "last boundary" },
        { "--x\nContent-Disposition: form-data; name=\"content\"; filename=\"a\"\n\ntext", HttpStatusCode.BadRequest, "last boundary" },
        { Content, HttpStatusCode.BadRequest, "last boundary" },
        { $"{Content}--x", HttpStatusCode.BadRequest, "each part needs" },
        { $"{Content}--y--\n", HttpStatusCode.BadRequest, "last boundary" },
        { "--x\nno colon\n\ntext\n--x--\n", HttpStatusCode.BadRequest, "headers of a part" },
        { "--x\n\ntext\n--x--\n", HttpStatusCode.BadRequest, "Content-Disposition: form-data" },
        { "--x\nContent-Disposition: attachment; filename=\"a\"\n\ntext\n--x--\n", HttpStatusCode.BadRequest, "Content-Disposition: form-data" },
        { $"--x\nContent-Disposition: form-data; name=\"{new string('n', 20_000)}\"\n\ntext\n--x--\n", HttpStatusCode.BadRequest,
            "headers of a part" },
        { $"--x\n{string.Concat(Enumerable.Range(0, 30).Select(i => $"X-{i}: 1\n"))}\ntext\n--x--\n", HttpStatusCode.BadRequest,
            "headers of a part" },
        { $"{string.Concat(Enumerable.Repeat("--x\nContent-Disposition: form-data; name=\"z\"\n\n1\n", 20))}{Content}--x--\n",
            HttpStatusCode.BadRequest, "16 parts" },
        { "--x--\n", HttpStatusCode.UnprocessableEntity, "content is required" },
        { "--x\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\n\ntext\n--x--\n", HttpStatusCode.UnprocessableEntity,
            "content is required" },
        { "--x\nContent-Disposition: form-data; name=\"content\"\n\ntext\n--x--\n", HttpStatusCode.UnprocessableEntity, "must have a filename" },
        { $"{Content}{Content}--x--\n", HttpStatusCode.UnprocessableEntity, "content may be given only once" },
        { $"{Content}--x\nContent-Disposition: form-data; name=\"type\"\n\na/b\n--x\nContent-Disposition: form-data; name=\"type\"\n\na/b\n--x--\n",
            HttpStatusCode.UnprocessableEntity, "type may be given only once" },
        { WithMetadata("[]"), HttpStatusCode.UnprocessableEntity, "metadata must be a JSON object" },
        { WithMetadata("null"), HttpStatusCode.UnprocessableEntity, "metadata must be a JSON object" },
        { WithMetadata("{"), HttpStatusCode.UnprocessableEntity, "metadata must be a JSON object" },
        { WithMetadata("""{"a": 1, "a": 2}"""), HttpStatusCode.UnprocessableEntity, "metadata must be a JSON object" },
        { WithMetadata("""{"a": "\ud800"}"""), HttpStatusCode.UnprocessableEntity, "metadata must be a JSON object" },
        { WithMetadata(string.Concat(Enumerable.Repeat("""{"a":""", 40)) + "1" + new string('}', 40)), HttpStatusCode.UnprocessableEntity,
            "metadata must be a JSON object" },
        { WithMetadata($$"""{"a": "{{new string('a', 9000)}}"}"""), HttpStatusCode.UnprocessableEntity, "metadata may be at most 8192 bytes long" },
        { Named("filename=\"../../etc/passwd\""), HttpStatusCode.UnprocessableEntity, "a name without folders" },
        { Named("filename=\"C:\\\\a.txt\""), HttpStatusCode.UnprocessableEntity, "a name without folders" },
        { Named("filename=\"..\""), HttpStatusCode.UnprocessableEntity, "a name without folders" },
        { Named("filename=\"\""), HttpStatusCode.UnprocessableEntity, "must have a filename" },
        { Named("filename*=UTF-8''a%0D%0AX-Header%3A%201"), HttpStatusCode.UnprocessableEntity, "control characters" },
        { Named("filename*=UTF-8''a%00.txt"), HttpStatusCode.UnprocessableEntity, "control characters" },
        { Named("filename*=UTF-8''%FF%FE"), HttpStatusCode.UnprocessableEntity, "UTF-8" },
        { Named($"filename=\"{new string('n', 256)}\""), HttpStatusCode.UnprocessableEntity, "at most 255 bytes" },
        { $"{Content}--x\nContent-Disposition: form-data; name=\"type\"\n\nno type\n--x--\n", HttpStatusCode.UnprocessableEntity,
            "type must be a media type" },
        { Named("filename=\"a\"\nContent-Type: nothing"), HttpStatusCode.UnprocessableEntity, "type must be a media type" },
        { $"--x\nContent-Disposition: form-data; name=\"content\"; filename=\"a\"\n\n{new string('a', 100_001)}\n--x--\n",
            HttpStatusCode.RequestEntityTooLarge, "Files must be less than 100000 bytes in size" },
    };

    [Theory]
    [MemberData(nameof(Forms))]
    public async Task An_invalid_form_is_refused_with_the_reason(string body, HttpStatusCode statusCode, string detail)
    {
        var client = await pool.Get(Settings).ReadyAsync();

        using var response = await client.PostFormAsync(body);

        await AssertRefusedAsync(response, statusCode, detail);
    }

    [Theory]
    [InlineData("multipart/form-data", HttpStatusCode.BadRequest, "boundary")]
    [InlineData("multipart/form-data; boundary=", HttpStatusCode.BadRequest, "boundary")]
    [InlineData("multipart/form-data; boundary=\"\"", HttpStatusCode.BadRequest, "boundary")]
    [InlineData("multipart/form-data; boundary=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        HttpStatusCode.BadRequest, "boundary")]
    [InlineData("multipart/mixed; boundary=x", HttpStatusCode.UnsupportedMediaType, "multipart/form-data")]
    [InlineData("text/plain", HttpStatusCode.UnsupportedMediaType, "multipart/form-data")]
    [InlineData("nonsense", HttpStatusCode.UnsupportedMediaType, "multipart/form-data")]
    public async Task A_body_that_is_not_a_form_is_refused(string type, HttpStatusCode statusCode, string detail)
    {
        var client = await pool.Get(Settings).ReadyAsync();

        using var response = await client.PostFormAsync($"{Content}--x--\n", type);

        await AssertRefusedAsync(response, statusCode, detail);
    }

    [Fact]
    public async Task Files_of_the_maximum_size_are_accepted_while_there_is_room()
    {
        await using var service = new Service(Settings);
        var client = await service.ReadyAsync();
        var file = await client.UploadedAsync(new string('a', 100_000));

        using var refused = await client.UploadAsync(new string('a', 100_000));

        Assert.Equal(HttpStatusCode.InsufficientStorage, refused.StatusCode);
        Assert.Contains("200000 bytes (Files:MaxTotalBytes)", (await refused.JsonAsync()).Text("detail"));
        using var deleted = await client.SendAsync(HttpMethod.Delete, file.Get, json: null);
        await client.UploadedAsync(new string('a', 100_000));
    }

    [Fact]
    public async Task The_size_limit_is_worded_as_Replicate_words_it()
    {
        await using var service = new Service(("Files:MaxBytes", "1048576"));
        var client = await service.ReadyAsync();

        using var streamed = await client.UploadAsync(new string('a', 1_048_577));
        using var declared = await client.UploadAsync(new string('a', 3_000_000));

        Assert.Equal("""{"detail":"Files must be less than 1MB in size","status":413}""", await streamed.TextAsync());
        Assert.Equal(await streamed.TextAsync(), await declared.TextAsync());
    }

    static string Named(string parameter) => $"--x\nContent-Disposition: form-data; name=\"content\"; {parameter}\n\ntext\n--x--\n";

    static string WithMetadata(string json) => $"{Content}--x\nContent-Disposition: form-data; name=\"metadata\"\n\n{json}\n--x--\n";

    async Task AssertRefusedAsync(HttpResponseMessage response, HttpStatusCode statusCode, string detail)
    {
        Assert.Equal(statusCode, response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType!.MediaType);
        Assert.Contains(detail, (await response.JsonAsync()).Text("detail"));
        Assert.Empty(Directory.EnumerateFiles(Path.Combine(pool.Get(Settings).DataPath, "files"), "*", SearchOption.AllDirectories));
    }
}
