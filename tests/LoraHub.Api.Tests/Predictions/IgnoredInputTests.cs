using System.Net;
using System.Text.Json.Nodes;
using LoraHub.Api.Tests.Support;

namespace LoraHub.Api.Tests.Predictions;

/// <summary>Inputs that the model does not have, or that are in the wrong place.</summary>
public sealed class IgnoredInputTests(SharedService shared) : IClassFixture<SharedService>
{
    const string Defaults = "Warning: `example_inputs` was not given; the examples of the form are used.";

    public static TheoryData<string, string> Ignored => new()
    {
        { """{"input": {"example_input": "a", "seed": 1}}""",
            $"Warning: ignored `example_input`. This model has no such input. Did you mean `example_inputs`?\n{Defaults}" },
        { """{"input": {"Example_Outputs": "a", "example_inputs": "a\nb\nc"}}""",
            "Warning: ignored `Example_Outputs`. This model has no such input. Did you mean `example_outputs`?" },
        { """{"input": {"prompt": "a", "seed": 1}}""",
            "Warning: ignored `prompt`. This model has no such input. Its inputs are example_inputs, example_outputs, lora_modules_specified, "
            + "num_random_lora_modules, max_inference_step, seed, test_inputs, test_outputs, composition, objective, optimizer, module_weights, "
            + $"output_format, max_new_tokens, method, module_selection, controls, adapter, tuning_steps.\n{Defaults}" },
        { """{"example_inputs": "a", "input": {"seed": 1}}""",
            $"Warning: ignored `example_inputs`. It belongs in `input`, not beside it.\n{Defaults}" },
        { """{"tests_inputs": "a", "stream": false, "context": {}, "input": {"seed": 1}}""",
            $"Warning: ignored `tests_inputs`. Inputs belong in `input`, not beside it. Did you mean `test_inputs`?\n{Defaults}" },
        { """{"input": {"seeds": 1, "module_weights": {"lorahub/plurals": 1}}}""",
            "Warning: ignored `seeds`. This model has no such input. Did you mean `seed`?" },
        { """{"input": {"a\nb\u0007": 1, "seed": 1, "example_inputs": "a\nb\nc"}}""",
            "Warning: ignored an input. This model has no such input. Its inputs are example_inputs, " },
    };

    [Theory]
    [MemberData(nameof(Ignored))]
    public async Task The_log_names_what_was_ignored_and_the_nearest_input(string body, string warnings)
    {
        var client = await shared.Service.ReadyAsync();
        var versioned = JsonNode.Parse(body)!.AsObject();
        versioned["version"] = "lorahub/lorahub";

        var cog = await client.PostJsonAsync("/predictions", body);
        var replicate = await client.PostJsonAsync("/v1/predictions", versioned.ToJsonString(), ("Prefer", "wait"));

        Assert.StartsWith(warnings, cog.Text("logs"), StringComparison.Ordinal);
        Assert.EndsWith("\nUsing seed: 42\nDone\n", cog.Text("logs"), StringComparison.Ordinal);
        Assert.Equal(cog.Text("logs"), replicate.Text("logs"));
        Assert.Equal(("succeeded", "succeeded"), (cog.Text("status"), replicate.Text("status")));
    }

    [Theory]
    [InlineData("""{"input": {"example_inputs": "a\nb\nc", "example_outputs": "1\n2\n3"}}""")]
    [InlineData("""{"input": {}}""")]
    [InlineData("""{}""")]
    [InlineData("""{"input": {"seed": 1}, "id": "known-keys", "context": {}, "created_at": "2026-01-01T00:00:00Z", "output_file_prefix": null}""")]
    public async Task Nothing_is_said_of_a_request_that_is_understood(string body)
    {
        var client = await shared.Service.ReadyAsync();

        Assert.Equal("Using seed: 42\nDone\n", (await client.PostJsonAsync("/predictions", body)).Text("logs"));
    }

    [Theory]
    [InlineData("""{"input": {"example_input": "a", "example_output": "b"}}""", "input.example_input", "Did you mean `example_inputs`?")]
    [InlineData("""{"input": {"prompt": "a"}}""", "input.prompt", "Its inputs are example_inputs, ")]
    [InlineData("""{"input": {}, "example_inputs": "a"}""", "input.example_inputs", "It belongs in `input`, not beside it.")]
    public async Task Ignored_inputs_alone_are_a_422_of_Replicate_and_a_warning_of_Cog(string body, string field, string message)
    {
        var client = await shared.Service.ReadyAsync();
        var versioned = JsonNode.Parse(body)!.AsObject();
        versioned["version"] = "lorahub/lorahub";

        using var refused = await client.PostAsync("/v1/predictions", versioned.ToJsonString());
        var cog = await client.PostJsonAsync("/predictions", body);

        Assert.Equal(HttpStatusCode.UnprocessableEntity, refused.StatusCode);
        var invalid = (await refused.JsonAsync())["invalid_fields"]![0]!;
        Assert.Equal(field, invalid.Text("field"));
        Assert.Contains(message, invalid.Text("description"), StringComparison.Ordinal);
        Assert.Equal("succeeded", cog.Text("status"));
        Assert.Contains(Defaults, cog.Text("logs"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("r8-0123456789abcdef")]
    [InlineData("lh_0123456789012345678901234567890123456789012")]
    [InlineData("Bearer x")]
    public async Task A_name_that_may_be_a_secret_is_not_repeated(string name)
    {
        var client = await shared.Service.ReadyAsync();
        var input = new JsonObject { [name] = 1 };

        var body = new JsonObject { ["version"] = "lorahub/lorahub", ["input"] = input }.ToJsonString();
        using var replicate = await client.PostAsync("/v1/predictions", body);
        using var cog = await client.PostAsync("/predictions", body);

        Assert.Equal((HttpStatusCode.UnprocessableEntity, HttpStatusCode.OK), (replicate.StatusCode, cog.StatusCode));
        Assert.DoesNotContain(name, await replicate.TextAsync() + await cog.TextAsync(), StringComparison.Ordinal);
        Assert.Equal("input", (await replicate.JsonAsync())["invalid_fields"]![0]!.Text("field"));
    }

    [Fact]
    public async Task A_client_that_sends_itself_is_answered_and_told()
    {
        var client = await shared.Service.ReadyAsync();

        var prediction = await client.PostJsonAsync(
            "/v1/predictions",
            """{"version": "lorahub/lorahub", "input": {"auth": "r8_secret", "baseUrl": "y", "fileEncodingStrategy": "data-uri"}}""",
            ("Prefer", "wait"));

        Assert.Equal("succeeded", prediction.Text("status"));
        Assert.StartsWith(
            "Warning: the client sent its own settings in place of the inputs; leave out its fileEncodingStrategy.\n",
            prediction.Text("logs"),
            StringComparison.Ordinal);
        Assert.DoesNotContain("r8_secret", prediction.ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Many_or_long_names_are_only_counted_or_cut()
    {
        var client = await shared.Service.ReadyAsync();
        var input = new JsonObject { ["seed"] = 1, [new string('x', 100_000)] = 1 };
        for (var i = 0; i < 1000; i++)
        {
            input[$"unknown{i}"] = 1;
        }

        var prediction = await client.PostJsonAsync("/predictions", new JsonObject { ["input"] = input }.ToJsonString());

        var logs = prediction.Text("logs")!;
        Assert.InRange(logs.Length, 1, 10_000);
        Assert.DoesNotContain("xxx", logs, StringComparison.Ordinal);
        Assert.Contains("Warning: ignored 991 more that are not inputs of this model.\n", logs, StringComparison.Ordinal);
    }
}
