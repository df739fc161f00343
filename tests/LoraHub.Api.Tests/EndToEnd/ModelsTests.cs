using System.Text.Json.Nodes;
using LoraHub.Api.Tests.Support;

namespace LoraHub.Api.Tests.EndToEnd;

/// <summary>The shipped model and its modules, called as docs/models.md shows.</summary>
public sealed class ModelsTests(RealService service) : IClassFixture<RealService>
{
    const string French = "lorahub/t5_mini-french";

    const int Modules = 32;

    [Fact]
    public async Task The_shipped_models_are_listed_described_and_have_the_examples_of_their_cards()
    {
        var client = await service.ReadyAsync();
        await UntilIndexedAsync(client);

        var models = (await client.GetJsonAsync("/v1/models"))["results"]!.AsArray();

        Assert.Equal(["lorahub/lorahub", "lorahub/t5-mini"], models.Take(2).Select(NameOf));
        Assert.Equal(Modules, models.Count - 2);
        var french = models.Single(model => NameOf(model) == French)!;
        Assert.Equal("LoRA module of `lorahub/t5-mini`: English word to French.", french.Text("description"));
        Assert.Equal("Say it as in Paris: year", french["default_example"]!["input"]!.Text("prompt"));
        Assert.All(models, model => Assert.Matches("^[0-9a-f]{64}$", model!["latest_version"]!.Text("id")));
        var found = (await client.GetJsonAsync("/v1/search?query=french"))["models"]!.AsArray();
        Assert.Equal(French, NameOf(found[0]!["model"]));
    }

    [Fact]
    public async Task A_shipped_module_answers_the_examples_of_its_card_and_the_stream_is_the_text()
    {
        var client = await service.ReadyAsync();
        var examples = (await client.GetJsonAsync($"/v1/models/{French}/examples"))["results"]!.AsArray();
        Assert.Equal(2, examples.Count);

        foreach (var example in examples)
        {
            var prediction = await client.PostJsonAsync(
                $"/v1/models/{French}/predictions", new JsonObject { ["input"] = example!["input"]!.DeepClone() }.ToJsonString(), ("Prefer", "wait"));
            using var stream = await client.FetchAsync(prediction["urls"]!.Text("stream")!);

            Assert.Equal(TextOf(example), TextOf(prediction));
            var events = EventStream.Parse(await stream.TextAsync());
            Assert.Equal(TextOf(example), string.Concat(events.Where(one => one.Name == "output").Select(one => one.Data)));
            Assert.Equal(example.Text("version"), prediction.Text("version"));
        }
    }

    static string TextOf(JsonNode prediction) => string.Concat(prediction["output"]!.AsArray().Select(piece => (string?)piece));

    static string NameOf(JsonNode? model) => $"{model!.Text("owner")}/{model!.Text("name")}";

    /// <summary>Waits for the indexer, which computes the digests of folders without a record.</summary>
    static async Task UntilIndexedAsync(HttpClient client)
    {
        using var limit = new CancellationTokenSource(Limits.Wait);
        while ((await client.GetJsonAsync("/v1/modules?limit=100"))["results"]!.AsArray().Count < Modules)
        {
            await Task.Delay(50, limit.Token);
        }
    }
}
