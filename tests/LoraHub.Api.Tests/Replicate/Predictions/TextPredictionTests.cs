using System.Net;
using System.Text.Json.Nodes;
using LoraHub.Api.Tests.Support;
using LoraHub.Core.Predictions;

namespace LoraHub.Api.Tests.Replicate.Predictions;

/// <summary>Calls of modules and base models, as Replicate's clients make them.</summary>
public sealed class TextPredictionTests(SharedService shared) : IClassFixture<SharedService>
{
    const string Colors = "lorahub/colors";

    const string Base = "lorahub/t5-mini";

    [Theory]
    [InlineData(Colors)]
    [InlineData(Base)]
    public async Task A_model_in_the_path_answers_a_prompt_with_the_pieces_of_its_text(string model)
    {
        var client = await shared.Service.ReadyAsync();

        var prediction = await client.PostJsonAsync($"/v1/models/{model}/predictions", """{"input": {"prompt": "one two"}}""", ("Prefer", "wait"));

        Assert.Equal("succeeded", prediction.Text("status"));
        Assert.Equal(model, prediction.Text("model"));
        Assert.Equal((await client.GetJsonAsync($"/v1/models/{model}"))["latest_version"]!.Text("id"), prediction.Text("version"));
        Assert.Equal(["ONE", " TWO"], prediction["output"]!.AsArray().Select(piece => (string?)piece));
        Assert.Equal("""{"prompt":"one two"}""", prediction["input"]!.ToJsonString());
    }

    [Theory]
    [InlineData(Colors)]
    [InlineData(Base)]
    [InlineData("lorahub/lorahub")]
    public async Task A_version_can_be_named_by_its_id_by_its_model_or_by_both(string model)
    {
        var client = await shared.Service.ReadyAsync();
        var id = (await client.GetJsonAsync($"/v1/models/{model}"))["latest_version"]!.Text("id");

        foreach (var version in (string[])[id!, model, $"{model}:{id}"])
        {
            var prediction = await client.PostJsonAsync(
                "/v1/predictions", $$$"""{"version": "{{{version}}}", "input": {"prompt": "x", "max_new_tokens": 5}}""");

            Assert.Equal(model, prediction.Text("model"));
            Assert.Equal(id, prediction.Text("version"));
        }
    }

    [Fact]
    public async Task The_name_of_the_reference_on_Replicate_is_the_composer_unless_a_setting_says_otherwise()
    {
        await using var other = new Service(("Api:Aliases:0", "acme/composer"));
        await using var none = new Service(("Api:Aliases:0", ""));
        (Service, string, bool)[] cases =
        [
            (shared.Service, "cjwbw/lorahub", true), (other, "acme/composer", true), (other, "cjwbw/lorahub", false), (none, "cjwbw/lorahub", false),
        ];
        foreach (var (service, alias, isKnown) in cases)
        {
            var client = await service.ReadyAsync();

            using var response = await client.PostAsync($"/v1/models/{alias}/predictions", """{"input": {}}""");

            Assert.Equal(isKnown ? HttpStatusCode.Created : HttpStatusCode.NotFound, response.StatusCode);
            Assert.True(!isKnown || (await response.JsonAsync()).Text("model") == "lorahub/lorahub", alias);
        }
    }

    [Fact]
    public async Task An_unknown_model_is_a_404_that_names_what_is_served()
    {
        var client = await shared.Service.ReadyAsync();

        using var response = await client.PostAsync("/v1/models/lorahub/colours/predictions", """{"input": {"prompt": "x"}}""");

        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        var detail = (await response.JsonAsync()).Text("detail")!;
        Assert.StartsWith("There is no model `lorahub/colours`. Did you mean `lorahub/colors`", detail, StringComparison.Ordinal);
        Assert.EndsWith(
            "serves `lorahub/lorahub`, `lorahub/t5-mini` and 30 modules; GET /v1/models lists them.", detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0000000000000000000000000000000000000000000000000000000000000000", "No model has a version with this id.")]
    [InlineData("lorahub/colors:0000000000000000000000000000000000000000000000000000000000000000", "`lorahub/colors` has no such version")]
    [InlineData("lorahub/colors:latest", "What follows `lorahub/colors:` is not a version's id, which has 64 hexadecimal digits.")]
    [InlineData("lorahub/colors:", "What follows `lorahub/colors:` is not a version's id")]
    [InlineData("lorahub/lorahub:0000000000000000000000000000000000000000000000000000000000000000", "`lorahub/lorahub` has no such version")]
    [InlineData("nobody/nothing", "There is no model `nobody/nothing`.")]
    [InlineData("lorahub/color:latest", "There is no model `lorahub/color`. Did you mean `lorahub/colors`?")]
    [InlineData("../../etc:passwd", "`version` must be `owner/name`, `owner/name:id` or a version's id.")]
    [InlineData("a:b:c", "`version` must be `owner/name`, `owner/name:id` or a version's id.")]
    [InlineData("", "`version` must be `owner/name`, `owner/name:id` or a version's id.")]
    public async Task An_unknown_version_is_a_422_that_names_what_is_wrong_and_what_is_served(string version, string reason)
    {
        var client = await shared.Service.ReadyAsync();

        using var response = await client.PostAsync("/v1/predictions", $$$"""{"version": "{{{version}}}", "input": {"prompt": "x"}}""");

        Assert.Equal(HttpStatusCode.UnprocessableEntity, response.StatusCode);
        var problem = await response.JsonAsync();
        Assert.Equal("Invalid version or not permitted", problem.Text("title"));
        Assert.Contains(reason, problem.Text("detail"), StringComparison.Ordinal);
        Assert.Contains("This service serves `lorahub/lorahub`", problem.Text("detail"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{}""", "prompt", "prompt is required")]
    [InlineData("""{"prompt": ""}""", "prompt", "The prompt is empty; give a text.")]
    [InlineData("""{"prompt": null}""", "prompt", "prompt is required")]
    [InlineData("""{"prompt": 5}""", "prompt", "5 is not of type \"string\"")]
    [InlineData("""{"prompt": "x", "temperature": -1}""", "temperature", "-1 is less than the minimum of 0")]
    [InlineData("""{"prompt": "x", "temperature": 5.5}""", "temperature", "5.5 is greater than the maximum of 5")]
    [InlineData("""{"prompt": "x", "temperature": "hot"}""", "temperature", "\"hot\" is not of type \"number\"")]
    [InlineData("""{"prompt": "x", "num_beams": 1000}""", "num_beams", "1000 is greater than the maximum of 16")]
    [InlineData("""{"prompt": "x", "num_beams": 4, "temperature": 1}""", "num_beams", "A beam search does not sample")]
    [InlineData("""{"prompt": "x", "top_p": 1.1}""", "top_p", "1.1 is greater than the maximum of 1")]
    [InlineData("""{"prompt": "x", "top_k": -1}""", "top_k", "-1 is less than the minimum of 0")]
    [InlineData("""{"prompt": "x", "max_new_tokens": 1025}""", "max_new_tokens", "1025 is greater than the maximum of 1024")]
    [InlineData("""{"prompt": "x", "seed": 1.5}""", "seed", "1.5 is not of type \"integer\"")]
    [InlineData("""{"prompt": "x", "stop": ["a", ""]}""", "stop", "Every text must have 1 to 256 characters.")]
    [InlineData("""{"example_inputs": "a"}""", "example_inputs", "This model has no such input.")]
    public async Task A_bad_input_is_a_422_that_names_the_field(string input, string field, string message)
    {
        var client = await shared.Service.ReadyAsync();

        using var response = await client.PostAsync($"/v1/models/{Colors}/predictions", $$"""{"input": {{input}}}""");

        Assert.Equal(HttpStatusCode.UnprocessableEntity, response.StatusCode);
        var invalid = Assert.Single((await response.JsonAsync())["invalid_fields"]!.AsArray())!;
        Assert.Equal($"input.{field}", invalid.Text("field"));
        Assert.StartsWith(message, invalid.Text("description"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_thousand_texts_to_stop_at_are_refused()
    {
        var client = await shared.Service.ReadyAsync();
        var stop = new JsonArray([.. Enumerable.Range(0, 1000).Select(i => (JsonNode)$"stop {i}")]);

        using var response = await client.PostAsync(
            $"/v1/models/{Colors}/predictions", new JsonObject { ["input"] = new JsonObject { ["prompt"] = "x", ["stop"] = stop } }.ToJsonString());

        Assert.Equal(HttpStatusCode.UnprocessableEntity, response.StatusCode);
        Assert.Equal("- input.stop: There are 1000 texts; give at most 16.\n", (await response.JsonAsync()).Text("detail"));
    }

    [Fact]
    public async Task A_module_that_is_broken_is_refused_with_the_reason()
    {
        var client = await shared.Service.ReadyAsync();

        using var response = await client.PostAsync("/v1/models/lorahub/broken/predictions", """{"input": {"prompt": "x"}}""");

        Assert.Equal(HttpStatusCode.UnprocessableEntity, response.StatusCode);
        Assert.Equal("`lorahub/broken` cannot be called: adapter_model.bin is truncated.", (await response.JsonAsync()).Text("detail"));
    }

    [Fact]
    public async Task An_input_of_another_model_is_ignored_and_the_log_says_so()
    {
        var client = await shared.Service.ReadyAsync();

        var prediction = await client.PostJsonAsync(
            $"/v1/models/{Colors}/predictions", """{"input": {"prompt": "x", "example_inputs": "a", "temprature": 1}, "top_k": 5, "stream": true}""",
            ("Prefer", "wait"));

        Assert.Equal(
            [
                "Warning: ignored `example_inputs`. This model has no such input. Its inputs are "
                    + "prompt, max_new_tokens, temperature, top_p, top_k, num_beams, seed, stop.",
                "Warning: ignored `temprature`. This model has no such input. Did you mean `temperature`?",
                "Warning: ignored `top_k`. It belongs in `input`, not beside it.",
            ],
            prediction.Text("logs")!.Split('\n').Where(line => line.StartsWith("Warning", StringComparison.Ordinal)));
        Assert.Equal("""{"prompt":"x"}""", prediction["input"]!.ToJsonString());
    }

    [Theory]
    [InlineData("https://example.org/about", "HTTPS://EXAMPLE.ORG/ABOUT")]
    [InlineData("data:what is this", "DATA:WHAT| IS| THIS")]
    [InlineData("data:text/plain,one%20two", "ONE| TWO")]
    public async Task A_prompt_may_look_like_a_URL(string prompt, string answer)
    {
        var client = await shared.Service.ReadyAsync();

        var prediction = await client.PostJsonAsync(
            $"/v1/models/{Colors}/predictions", new JsonObject { ["input"] = new JsonObject { ["prompt"] = prompt } }.ToJsonString(), ("Prefer", "wait"));

        Assert.Equal(answer.Split('|'), prediction["output"]!.AsArray().Select(piece => (string?)piece));
    }

    [Fact]
    public async Task A_prompt_can_be_an_uploaded_file()
    {
        var client = await shared.Service.ReadyAsync();
        var file = await client.UploadedAsync("from a file");

        var prediction = await client.PostJsonAsync(
            $"/v1/models/{Colors}/predictions", $$$"""{"input": {"prompt": "{{{file.Get}}}"}}""", ("Prefer", "wait"));

        Assert.Equal("FROM A FILE", string.Concat(prediction["output"]!.AsArray().Select(piece => (string?)piece)));
    }

    [Fact]
    public async Task A_text_without_a_piece_is_an_empty_list()
    {
        await using var service = new Service();
        service.Predictor.TextScript = (_, _, _) => Task.CompletedTask;
        var client = await service.ReadyAsync();

        var prediction = await client.PostJsonAsync($"/v1/models/{Colors}/predictions", """{"input": {"prompt": "x"}}""", ("Prefer", "wait"));

        Assert.Equal("succeeded", prediction.Text("status"));
        Assert.Empty(prediction["output"]!.AsArray());
    }

    [Fact]
    public async Task A_text_that_fails_keeps_its_pieces_and_says_why()
    {
        await using var service = new Service();
        service.Predictor.TextScript = async (_, progress, canceled) =>
        {
            progress.Generated("half");
            await Task.Delay(1, canceled);
            throw new PredictionException("no more");
        };
        var client = await service.ReadyAsync();

        var prediction = await client.PostJsonAsync($"/v1/models/{Colors}/predictions", """{"input": {"prompt": "x"}}""", ("Prefer", "wait"));

        Assert.Equal("failed", prediction.Text("status"));
        Assert.Equal("no more", prediction.Text("error"));
        Assert.Equal("half", (string?)prediction["output"]!.AsArray().Single());
    }

    [Fact]
    public async Task A_deadline_cancels_a_text_as_any_prediction()
    {
        await using var service = new Service();
        service.Predictor.TextScript = (_, _, canceled) => Task.Delay(Timeout.Infinite, canceled);
        var client = await service.ReadyAsync();

        var prediction = await client.PostJsonAsync(
            $"/v1/models/{Colors}/predictions", """{"input": {"prompt": "x"}}""", ("Cancel-After", "5"));
        await client.PostJsonAsync(prediction["urls"]!.Text("cancel")!, json: null);
        await service.UntilAsync<PredictionEvent.Canceled>(prediction.Text("id")!);

        Assert.NotNull(prediction.Text("deadline"));
        Assert.Equal("canceled", (await client.GetJsonAsync($"/v1/predictions/{prediction.Text("id")}")).Text("status"));
    }
}
