using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using LoraHub.Api.Tests.Support;

namespace LoraHub.Api.Tests.Predictions;

/// <summary>Files as text inputs.</summary>
public sealed class FileInputTests(SharedService shared) : IClassFixture<SharedService>
{
    public static TheoryData<string, string> DataUrls => new()
    {
        { "data:,a", "a" },
        { "data:text/plain,a%20b%0Ac", "a b\nc" },
        { "data:text/plain;charset=utf-8,m%C3%BC%C3%9F", "müß" },
        { "data:text/plain;charset=\"UTF-8\";base64,bcO8w58=", "müß" },
        { "data:text/plain;charset=us-ascii,a", "a" },
        { "data:application/octet-stream;base64,77u/YQ==", "a" }, // with a byte order mark
        { "DATA:;BASE64,YQ%3D%3D", "a" },
        { "  data:,müß🐈+1#2\n", "müß🐈+1#2" },
        { "data:,", "" },
    };

    public static TheoryData<string> NotText =>
    [
        "data:", "data:a", "data:text/plain", "data:text/plain;base64,a", "data:text/plain;base64,%", "data:,%", "data:,%1", "data:,%zz", "data:,%+1",
        "data:text/plain;charset=latin1,a", "data:,%FF", "data:;base64,/w==", "data:question,a", "data:;base64,//5hAA==",
        "https://example.com/", "HTTPS://example.com/a?b#c", "http://localhost:81/v1/files/aaaaaaaaaaaaaaaaaaaaaaaaaa",
        "https://localhost/v1/files/aaaaaaaaaaaaaaaaaaaaaaaaaa",
        "http://localhost/v1/files/aaaaaaaaaaaaaaaaaaaaaaaaaa", "http://localhost/v1/files/", "http://localhost/v1/files/a/b",
        "http://localhost/v1/files/..%2F..%2Fetc",
        "http://localhost/v1/v1/files/aaaaaaaaaaaaaaaaaaaaaaaaaa", "http://localhost.example.com/v1/files/aaaaaaaaaaaaaaaaaaaaaaaaaa",
        "http://localhost@example.com/v1/files/aaaaaaaaaaaaaaaaaaaaaaaaaa", "http://169.254.169.254/latest/meta-data/", "file:///etc/passwd",
        "ftp://example.com/a",
    ];

    [Theory]
    [MemberData(nameof(DataUrls))]
    public async Task A_data_URL_is_read_as_text(string url, string text)
    {
        var client = await shared.Service.ReadyAsync();

        var input = await StoredInputAsync(client, "test_inputs", url);

        Assert.Equal(text, (string?)input["test_inputs"]);
    }

    [Fact]
    public async Task An_uploaded_file_is_read_as_text_and_the_prediction_stores_it()
    {
        var client = await shared.Service.ReadyAsync();
        var file = await client.UploadedAsync("\uFEFFone\ntwo\n");

        var byName = await client.PostJsonAsync("/v1/predictions", Body("test_inputs", file.Get), ("Prefer", "wait"));
        var byDownload = await client.PostJsonAsync("/predictions", $$"""{"input": {"test_inputs": "{{file.Download}}"} }""");
        using var deleted = await client.SendAsync(HttpMethod.Delete, file.Get, json: null);

        Assert.Equal("one\ntwo\n", (string?)byName["input"]!["test_inputs"]);
        Assert.Equal(["ones → <ok>", "twos → <ok>"], byName["output"]!["predictions"]!.AsArray().Select(answer => (string?)answer));
        Assert.Equal(byName["output"]!["predictions"]!.ToJsonString(), byDownload["output"]!["predictions"]!.ToJsonString());
        Assert.Equal("one\ntwo\n", (string?)(await client.GetJsonAsync(byName["urls"]!.Text("get")!))["input"]!["test_inputs"]);
    }

    [Theory]
    [InlineData("lora_modules_specified", "lorahub/plurals,\nlorahub/colors\n")]
    [InlineData("module_weights", """{"lorahub/plurals": 0.5}""")]
    [InlineData("test_inputs", """["a\nb", "https://example.com"]""")]
    public async Task Every_text_input_may_be_a_file(string field, string text)
    {
        var client = await shared.Service.ReadyAsync();
        var file = await client.UploadedAsync(text, type: "application/octet-stream");

        Assert.Equal(text, (string?)(await StoredInputAsync(client, field, file.Get))[field]);
    }

    [Theory]
    [InlineData("\"Is https://example.com/ a URL?\"")]
    [InlineData("\"https://example.com/a\\nhttps://example.com/b\"")]
    [InlineData("\"[\\\"https://example.com/\\\"]\"")]
    [InlineData("[\"https://example.com/\", \"data:,a\"]")]
    [InlineData("\"mailto:a@example.com\"")]
    [InlineData("\"https://\"")]
    [InlineData("\"https:a\"")]
    [InlineData("\"Q:data:,a\"")]
    [InlineData("\"/etc/passwd\"")]
    public async Task Text_that_is_not_a_single_URL_is_used_as_it_is(string json)
    {
        var client = await shared.Service.ReadyAsync();

        var prediction = await client.PostJsonAsync("/v1/predictions", $$"""{"version": "lorahub/lorahub", "input": {"test_inputs": {{json}} } }""");

        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(json), prediction["input"]!["test_inputs"]), prediction.ToJsonString());
    }

    [Theory]
    [MemberData(nameof(NotText))]
    public async Task A_foreign_or_binary_file_is_refused_by_both_APIs_and_not_quoted(string url)
    {
        var client = await shared.Service.ReadyAsync();

        using var replicate = await client.PostAsync("/v1/predictions", Body("example_inputs", url));
        using var cog = await client.PostAsync("/predictions", Body("example_inputs", url));

        Assert.Equal(HttpStatusCode.UnprocessableEntity, replicate.StatusCode);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, cog.StatusCode);
        var invalid = Assert.Single((await replicate.JsonAsync())["invalid_fields"]!.AsArray())!;
        Assert.Equal("input.example_inputs", invalid.Text("field"));
        var said = Assert.Single((await cog.JsonAsync())["detail"]!.AsArray())!;
        Assert.Equal(invalid.Text("description"), said.Text("msg"));
        Assert.DoesNotContain("example.com", said.Text("msg"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_file_that_cannot_be_read_is_named_in_one_answer()
    {
        var client = await shared.Service.ReadyAsync();
        var binary = await client.UploadedAsync("", name: "a.bin");
        using var deleted = await client.SendAsync(HttpMethod.Delete, binary.Get, json: null);
        var body = new JsonObject
        {
            ["version"] = "lorahub/lorahub",
            ["input"] = new JsonObject
            {
                ["test_inputs"] = binary.Get,
                ["example_inputs"] = "https://example.com/",
                ["module_weights"] = "data:,%FF",
            },
        };

        var problem = await client.PostJsonAsync("/v1/predictions", body.ToJsonString());

        Assert.Equal(
            "- input.example_inputs: The URL must be a data URL or that of a file uploaded to this service (POST /v1/files). "
            + "To pass a URL as text, use a JSON array: [\"https://…\"].\n"
            + "- input.module_weights: The file is not UTF-8 text.\n"
            + "- input.test_inputs: This service has no such file: it was deleted, has expired, or never existed.\n",
            problem.Text("detail"));
    }

    [Fact]
    public async Task The_files_of_a_prediction_share_a_size_limit()
    {
        await using var service = new Service(("Limits:InputBytes", "1024"));
        var client = await service.ReadyAsync();
        var file = await client.UploadedAsync(new string('a', 600));

        using var one = await client.PostAsync("/v1/predictions", Body("test_inputs", file.Get));
        using var two = await client.PostAsync("/predictions",
            JsonSerializer.Serialize(new { input = new { test_inputs = file.Get, test_outputs = $"data:,{new string('b', 500)}" } }));

        Assert.Equal(HttpStatusCode.Created, one.StatusCode);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, two.StatusCode);
        Assert.Contains("at most 1024 bytes of text together, files and data URLs included (Limits:InputBytes)", await two.TextAsync());
    }

    [Theory]
    [InlineData("https://lorahub.example.com")]
    [InlineData("https://example.com:8443/lorahub/")]
    public async Task A_file_is_found_under_the_public_URL_and_under_the_request_URL(string publicUrl)
    {
        await using var service = new Service(("Api:PublicUrl", publicUrl));
        var client = await service.ReadyAsync();
        using var uploaded = await client.UploadAsync("text");
        var file = new UploadedFile(await uploaded.JsonAsync());

        Assert.StartsWith(publicUrl, file.Get, StringComparison.Ordinal);
        Assert.Equal("text", (string?)(await StoredInputAsync(client, "test_inputs", file.Get))["test_inputs"]);
        Assert.Equal("text", (string?)(await StoredInputAsync(client, "test_inputs", $"http://LOCALHOST:80/v1/files/{file.Id}"))["test_inputs"]);
    }

    static async Task<JsonNode> StoredInputAsync(HttpClient client, string field, string value)
    {
        using var response = await client.PostAsync("/v1/predictions", Body(field, value));
        var answer = await response.JsonAsync();
        Assert.True(response.StatusCode == HttpStatusCode.Created, answer.ToJsonString());
        return answer["input"]!;
    }

    static string Body(string field, string value) =>
        new JsonObject { ["version"] = "lorahub/lorahub", ["input"] = new JsonObject { [field] = value } }.ToJsonString();
}
