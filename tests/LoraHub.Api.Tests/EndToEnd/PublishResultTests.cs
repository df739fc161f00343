using System.Net;
using System.Text.Json.Nodes;
using LoraHub.Api.Tests.Support;

namespace LoraHub.Api.Tests.EndToEnd;

/// <summary>The circle closes: a result is published in one call, then composed and used by its name.</summary>
public sealed class PublishResultTests(RealService service) : IClassFixture<RealService>
{
    const string Task = "\"example_inputs\": \"Plural of: cat\", \"example_outputs\": \"cats\", \"test_inputs\": \"Plural of: dog\"";

    [Fact]
    public async Task A_result_becomes_a_module_whose_card_says_how_it_was_made()
    {
        var client = await service.ReadyAsync();
        var made = await PredictAsync(client, $$"""{{{Task}}, "seed": 1, "max_inference_step": 10, "num_random_lora_modules": 3}""");

        using var published = await PublishAsync(client, made, "me/french");
        using var again = await PublishAsync(client, made, "me/french");

        Assert.Equal((HttpStatusCode.Created, HttpStatusCode.OK), (published.StatusCode, again.StatusCode));
        var module = await published.JsonAsync();
        Assert.Equal(("me/french", "ready"), (module.Text("id"), module.Text("state")));
        Assert.Equal(published.Headers.Location!.ToString(), module["urls"]!.Text("get"));
        using var card = await client.FetchAsync("/v1/modules/me/french/card");
        var text = await card.TextAsync();
        Assert.All(made["output"]!["weights"]!.AsArray(), weight => Assert.Contains(weight!.Text("digest")!, text, StringComparison.Ordinal));
        Assert.Contains("few-shot examples | 1 (sha256", text, StringComparison.Ordinal);

        var composed = await PredictAsync(
            client, $$"""{{{Task}}, "lora_modules_specified": "me/french", "seed": 1, "max_inference_step": 10}""");
        Assert.Equal(module.Text("version"), Assert.Single(composed["output"]!["weights"]!.AsArray())!.Text("digest"));
    }

    [Fact]
    public async Task A_published_result_is_called_streamed_and_composed_by_its_name()
    {
        var client = await service.ReadyAsync();
        var made = await PredictAsync(client, """
            {"example_inputs": "mimsy ; fork ;\nmimsy ; mother ;\nmimsy ; milk ;\nmimsy ; heart ;\nmimsy ; pig ;",
             "example_outputs": "fourchette\nmère\nlait\ncoeur\ncochon", "test_inputs": "mimsy ; sea ;", "seed": 1}
            """);
        using var published = await PublishAsync(client, made, "me/called");
        Assert.Equal(HttpStatusCode.Created, published.StatusCode);

        var called = await client.PostJsonAsync(
            "/v1/models/me/called/predictions", """{"input": {"prompt": "mimsy ; sea ;"}}""", ("Prefer", "wait=60"));
        using var stream = await client.FetchAsync(new Uri(called["urls"]!.Text("stream")!).PathAndQuery);

        var answer = (string)made["output"]!["predictions"]![0]!;
        Assert.Equal(answer, string.Concat(called["output"]!.AsArray().Select(piece => (string)piece!)));
        Assert.Equal(("me/called", (await published.JsonAsync()).Text("version")), (called.Text("model"), called.Text("version")));
        Assert.Equal(answer, string.Concat(EventStream.Parse(await stream.TextAsync()).Where(one => one.Name == "output").Select(one => one.Data)));
    }

    [Fact]
    public async Task A_training_that_composes_gives_the_adapter_of_the_prediction_with_the_same_input()
    {
        var client = await service.ReadyAsync();
        const string Input = """
            {"example_inputs": "Plural of: cat", "example_outputs": "cats", "seed": 1, "max_inference_step": 10,
             "lora_modules_specified": "lorahub/t5_mini-plurals, lorahub/t5_mini-antonyms"}
            """;
        var made = await PredictAsync(client, Input);

        var trained = await client.TrainedAsync("me/trained", JsonNode.Parse(Input)!.AsObject());
        var again = await client.TrainedAsync("me/trained", JsonNode.Parse(Input)!.AsObject());

        Assert.Equal(made["output"]!.Text("adapter"), trained["output"]!.Text("weights"));
        Assert.Equal(trained["output"]!.Text("version"), again["output"]!.Text("version"));
        Assert.Single(await client.VersionsAsync("me/trained"));
    }

    [Fact]
    public async Task An_earlier_result_answers_by_its_id_its_URL_and_as_a_module()
    {
        var client = await service.ReadyAsync();
        var made = await PredictAsync(client, $$"""{{{Task}}, "seed": 1, "max_inference_step": 10, "num_random_lora_modules": 3}""");
        using var published = await PublishAsync(client, made, "me/plural");
        Assert.Equal(HttpStatusCode.Created, published.StatusCode);

        foreach (var adapter in new[] { made.Text("id"), made["output"]!.Text("adapter"), "me/plural" })
        {
            var reused = await PredictAsync(client, $$"""{{{Task}}, "adapter": "{{adapter}}"}""");

            Assert.Equal(made["output"]!["predictions"]!.ToJsonString(), reused["output"]!["predictions"]!.ToJsonString());
            Assert.Equal(made["output"]!["zero_shot"]!.ToJsonString(), reused["output"]!["zero_shot"]!.ToJsonString());
            Assert.Null(reused["output"]!["trace"]);
            if (adapter != "me/plural")
            {
                Assert.Equal(made["output"]!.Text("adapter"), reused["output"]!.Text("adapter"));
            }
        }
    }

    [Theory]
    [InlineData("{}", 422, "destination is required")]
    [InlineData("""{"destination": "../up"}""", 422, "destination must be the owner/name")]
    [InlineData("""{"destination": 7}""", 422, "destination must be a string")]
    [InlineData("""{"destination": "lorahub/t5-mini"}""", 409, "belongs to a base model")]
    [InlineData("""{"destination": "lorahub/lorahub"}""", 409, "belongs to a base model or to the composer")]
    [InlineData("""{"destination": "lorahub/t5_mini-french"}""", 409, "read-only")]
    public async Task A_destination_that_cannot_be_published_to_is_refused(string body, int statusCode, string message)
    {
        var client = await service.ReadyAsync();
        var made = await PredictAsync(client, $$"""{{{Task}}, "seed": 1, "max_inference_step": 10, "num_random_lora_modules": 3}""");

        using var refused = await client.PostAsync($"/v1/predictions/{made.Text("id")}/publish", body);

        Assert.Equal(statusCode, (int)refused.StatusCode);
        Assert.Contains(message, (await refused.JsonAsync()).Text("detail"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Predictions_without_a_result_are_refused_with_the_reason()
    {
        var client = await service.ReadyAsync();
        var made = await PredictAsync(client, $$"""{{{Task}}, "seed": 1, "max_inference_step": 10, "num_random_lora_modules": 3}""");
        using var deleted = await client.SendAsync(HttpMethod.Delete, $"/v1/predictions/{made.Text("id")}", json: null);
        Assert.Equal(HttpStatusCode.NoContent, deleted.StatusCode);

        using var unknown = await client.PostAsync("/v1/predictions/aaaaaaaaaaaaaaaaaaaaaaaaaa/publish", """{"destination": "me/none"}""");
        using var removed = await PublishAsync(client, made, "me/none");
        using var reused = await client.PostAsync(
            "/v1/predictions", $$$"""{"version": "lorahub/lorahub", "input": {"adapter": "{{{made.Text("id")}}}"}}""");

        Assert.Equal(HttpStatusCode.NotFound, unknown.StatusCode);
        Assert.Equal(HttpStatusCode.Conflict, removed.StatusCode);
        Assert.Contains("result was deleted", (await removed.JsonAsync()).Text("detail"), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, reused.StatusCode);
        Assert.Contains("input.adapter: The prediction's result was deleted", (await reused.JsonAsync()).Text("detail"), StringComparison.Ordinal);
        using var module = await client.FetchAsync("/v1/modules/me/none");
        Assert.Equal(HttpStatusCode.NotFound, module.StatusCode);
    }

    static Task<HttpResponseMessage> PublishAsync(HttpClient client, JsonObject prediction, string destination) =>
        client.PostAsync($"/v1/predictions/{prediction.Text("id")}/publish", $$"""{"destination": "{{destination}}"}""");

    static async Task<JsonObject> PredictAsync(HttpClient client, string input)
    {
        var prediction = await client.PostJsonAsync(
            "/v1/predictions", $$"""{"version": "lorahub/lorahub", "input": {{input}}}""", ("Prefer", "wait=60"));
        Assert.Equal("succeeded", prediction.Text("status"));
        return prediction;
    }
}
