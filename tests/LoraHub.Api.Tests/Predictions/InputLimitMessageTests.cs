using System.Net;
using System.Text.Json.Nodes;
using LoraHub.Api.Tests.Support;

namespace LoraHub.Api.Tests.Predictions;

/// <summary>The limits of one prediction, however its inputs come.</summary>
public sealed class InputLimitMessageTests : IAsyncDisposable
{
    readonly Service _service = new(("Limits:InputBytes", "1024"), ("Limits:InputLines", "5"));

    public ValueTask DisposeAsync() => _service.DisposeAsync();

    public static TheoryData<string> TooManyBytes =>
    [
        $$"""{"test_inputs": "{{new string('a', 1025)}}"}""",
        $$"""{"test_inputs": ["{{new string('a', 600)}}", "{{new string('b', 600)}}"]}""",
        $$"""{"test_inputs": "{{new string('a', 600)}}", "example_inputs": "{{new string('b', 600)}}"}""",
        $$"""{"test_inputs": "{{new string('a', 600)}}", "example_inputs": "data:,{{new string('b', 600)}}"}""",
        $$"""{"test_inputs": "data:,{{new string('a', 600)}}", "example_inputs": "data:,{{new string('b', 600)}}"}""",
        $$"""{"test_inputs": "data: {{new string('a', 1025)}}"}""",
        $$"""{"test_inputs": "{{string.Concat(Enumerable.Repeat("ü", 513))}}"}""",
        $$"""{"test_inputs": "{{string.Concat(Enumerable.Repeat(@"\u00fc", 513))}}"}""",
        $$"""{"module_weights": {"{{new string('a', 1025)}}": 1} }""",
        $$"""{"lora_modules_specified": "{{new string('a', 1025)}}"}""",
        $$"""{"seed": {{new string('1', 1025)}}}""",
    ];

    public static TheoryData<string, string> TooManyLines => new()
    {
        { """{"test_inputs": "a\nb\nc\nd\ne\nf"}""", "test_inputs" },
        { """{"test_inputs": ["a", "b", "c", "d", "e", "f"]}""", "test_inputs" },
        { """{"test_inputs": "[\"a\", \"b\", \"c\", \"d\", \"e\", \"f\"]"}""", "test_inputs" },
        { """{"test_inputs": "data:,a%0Ab%0Ac%0Ad%0Ae%0Af"}""", "test_inputs" },
        { """{"test_inputs": "a\nb\nc"}""", "test_inputs" }, // beside the three examples of the form
        { """{"test_inputs": "a", "test_outputs": "a\nb\nc\nd\ne\nf"}""", "test_outputs" },
        { """{"example_inputs": "a\nb\nc\nd\ne\nf", "example_outputs": "a\nb\nc\nd\ne\n"}""", "example_inputs" },
    };

    [Theory]
    [MemberData(nameof(TooManyBytes))]
    public async Task Inputs_with_too_many_bytes_are_a_413_that_names_the_setting(string input)
    {
        var client = await _service.ReadyAsync();

        using var cog = await client.PostAsync("/predictions", $$"""{"input": {{input}}}""");
        using var replicate = await client.PostAsync("/v1/predictions", $$"""{"version": "lorahub/lorahub", "input": {{input}}}""");

        Assert.Equal((HttpStatusCode.RequestEntityTooLarge, HttpStatusCode.RequestEntityTooLarge), (cog.StatusCode, replicate.StatusCode));
        Assert.Contains("at most 1024 bytes", await cog.TextAsync(), StringComparison.Ordinal);
        Assert.Contains("(Limits:InputBytes)", (await replicate.JsonAsync()).Text("detail"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_counts_with_what_is_inline()
    {
        var client = await _service.ReadyAsync();
        var file = await client.UploadedAsync(new string('a', 600));
        var fits = new JsonObject { ["test_inputs"] = file.Get, ["example_inputs"] = new string('b', 200), ["example_outputs"] = "c" };
        var exceeds = new JsonObject { ["test_inputs"] = file.Get, ["example_inputs"] = new string('b', 600), ["example_outputs"] = "c" };

        using var accepted = await client.PostAsync("/predictions", new JsonObject { ["input"] = fits }.ToJsonString());
        using var refused = await client.PostAsync("/predictions", new JsonObject { ["input"] = exceeds }.ToJsonString());

        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.RequestEntityTooLarge), (accepted.StatusCode, refused.StatusCode));
    }

    [Fact]
    public async Task Inputs_at_the_limit_are_accepted()
    {
        var client = await _service.ReadyAsync();

        using var response = await client.PostAsync("/predictions", $$"""{"input": {"test_inputs": "{{new string('a', 1024)}}"} }""");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Theory]
    [MemberData(nameof(TooManyLines))]
    public async Task Inputs_with_too_many_lines_are_a_422_that_names_the_setting(string input, string field)
    {
        var client = await _service.ReadyAsync();

        var problem = await client.PostJsonAsync("/v1/predictions", $$"""{"version": "lorahub/lorahub", "input": {{input}}}""");

        Assert.Equal(422, (int)problem["status"]!);
        var invalid = Assert.Single(problem["invalid_fields"]!.AsArray())!;
        Assert.Equal($"input.{field}", invalid.Text("field"));
        Assert.Equal("A prediction may have at most 5 examples and test inputs together (Limits:InputLines).", invalid.Text("description"));
    }
}
