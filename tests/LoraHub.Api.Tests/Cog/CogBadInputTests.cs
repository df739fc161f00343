using System.Net;
using System.Text;
using LoraHub.Api.Tests.Support;

namespace LoraHub.Api.Tests.Cog;

public sealed class CogBadInputTests(SharedService shared) : IClassFixture<SharedService>
{
    public static TheoryData<string, string, string> BadInput => BadInputs.Cases;

    public static TheoryData<string> NotJson => BadInputs.NotJson;

    [Theory]
    [MemberData(nameof(BadInput))]
    public async Task A_bad_input_is_refused_with_the_location_of_the_error(string input, string field, string message)
    {
        var client = await shared.Service.ReadyAsync();

        using var response = await client.PostAsync("/predictions", $$"""{"input": {{input}}}""");

        Assert.Equal(HttpStatusCode.UnprocessableEntity, response.StatusCode);
        var error = Assert.Single((await response.JsonAsync())["detail"]!.AsArray())!;
        Assert.Equal(["body", "input", field], error["loc"]!.AsArray().Select(part => (string?)part));
        Assert.Contains(message, error.Text("msg"));
        Assert.StartsWith("value_error", error.Text("type"));
    }

    [Fact]
    public async Task Every_invalid_field_is_listed_in_alphabetical_order()
    {
        var client = await shared.Service.ReadyAsync();

        var body = await client.PostJsonAsync("/predictions", """{"input": {"seed": "x", "max_inference_step": 5, "composition": "sum"}}""");

        Assert.Equal(
            ["composition", "max_inference_step", "seed"],
            body["detail"]!.AsArray().Select(error => (string?)error!["loc"]![2]));
    }

    [Theory]
    [MemberData(nameof(NotJson))]
    public async Task A_body_that_is_not_JSON_is_a_400_in_plain_text(string body)
    {
        var client = await shared.Service.ReadyAsync();

        using var response = await client.PostAsync("/predictions", body);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal("text/plain", response.Content.Headers.ContentType!.MediaType);
        Assert.StartsWith("The body is not valid JSON", await response.TextAsync());
    }

    [Fact]
    public async Task Bytes_that_are_not_UTF8_are_a_400()
    {
        var client = await shared.Service.ReadyAsync();
        using var content = new ByteArrayContent([.. "{\"input\": {\"test_inputs\": \""u8, 0xFF, 0xFE, .. "\"}}"u8]);
        content.Headers.ContentType = new("application/json");

        using var response = await client.PostAsync(new Uri("/predictions", UriKind.Relative), content, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
    }

    [Theory]
    [InlineData("[]", "The body must be a JSON object.")]
    [InlineData("null", "The body must be a JSON object.")]
    [InlineData("\"text\"", "The body must be a JSON object.")]
    [InlineData("""{"input": []}""", "`input` must be an object.")]
    [InlineData("""{"input": "text"}""", "`input` must be an object.")]
    [InlineData("""{"id": 5}""", "`id` must be a string.")]
    [InlineData("""{"context": {"a": 1}}""", "`context` must be an object of strings.")]
    [InlineData("""{"context": []}""", "`context` must be an object of strings.")]
    public async Task A_body_of_the_wrong_shape_is_a_422_in_plain_text(string body, string reason)
    {
        var client = await shared.Service.ReadyAsync();

        using var response = await client.PostAsync("/predictions", body);

        Assert.Equal(HttpStatusCode.UnprocessableEntity, response.StatusCode);
        Assert.Equal("text/plain", response.Content.Headers.ContentType!.MediaType);
        Assert.Equal(reason, await response.TextAsync());
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/x-www-form-urlencoded")]
    public async Task Another_content_type_is_a_415_in_plain_text(string contentType)
    {
        var client = await shared.Service.ReadyAsync();
        using var content = new StringContent("{}", Encoding.UTF8, contentType);

        using var response = await client.PostAsync(new Uri("/predictions", UriKind.Relative), content, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.UnsupportedMediaType, response.StatusCode);
        Assert.Equal("text/plain", response.Content.Headers.ContentType!.MediaType);
    }

    [Theory]
    [InlineData("../../etc")]
    [InlineData("a b")]
    [InlineData("")]
    public async Task An_id_that_could_be_a_path_is_refused(string id)
    {
        var client = await shared.Service.ReadyAsync();

        using var response = await client.PostAsync("/predictions", $$"""{"id": "{{id}}"}""");

        Assert.Equal(HttpStatusCode.UnprocessableEntity, response.StatusCode);
        Assert.Equal(["body", "id"], (await response.JsonAsync())["detail"]![0]!["loc"]!.AsArray().Select(part => (string?)part));
    }

    [Fact]
    public async Task A_body_beyond_the_limit_is_a_413()
    {
        await using var service = new Service(("Api:MaxRequestBody", "2000"));
        var client = await service.ReadyAsync();

        using var response = await client.PostAsync("/predictions", new string(' ', 2001));

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
        Assert.Equal("text/plain", response.Content.Headers.ContentType!.MediaType);
    }
}
