using System.Net;
using System.Text.Json.Nodes;
using LoraHub.Api.Tests.Support;

namespace LoraHub.Api.Tests.Replicate.Trainings;

/// <summary>Requests that make no training: a clear 4xx, and nothing at the destination.</summary>
public sealed class TrainingBadInputTests(ServicePool pool) : IClassFixture<ServicePool>
{
    static readonly (string Key, string Value)[] Settings =
        [("Limits:TrainingBytes", "2048"), ("Limits:InputBytes", "4096"), ("Limits:TrainingLines", "20"), ("Limits:InputLines", "10")];

    [Theory]
    [InlineData("""{"type": "tune"}""", "input.train_data: Give the data, or example_inputs and example_outputs.")]
    [InlineData("""{"type": "compose"}""", "input.train_data: Give the data, or example_inputs and example_outputs.")]
    [InlineData("""{"type": "guess", "train_data": "x"}""", "input.type: \"guess\" is not one of compose, tune, compose_and_tune")]
    [InlineData("""{"type": "tune", "train_data": ""}""", "input.train_data: The data is empty")]
    [InlineData("""{"type": "tune", "train_data": "input\na\nb"}""", "input.train_data: Line 1 is taken for the header of a CSV with one column")]
    [InlineData("""{"type": "tune", "train_data": "input,target\n"}""", "input.train_data: The data has no example, only a header")]
    [InlineData("""{"type": "compose", "train_data": "{\"input\": \"a\", \"target\": \"b\"}\n{"}""", "input.train_data: Line 2 is not valid JSON")]
    [InlineData("""{"type": "tune", "train_data": "{\"input\": \"a\", \"target\": 1}"}""", "input.train_data: Line 1: `target` is of type number")]
    [InlineData("""{"type": "tune", "train_data": "https://example.com/data.jsonl"}""",
        "input.train_data: The URL must be a data URL or that of a file")]
    [InlineData("""{"type": "tune", "train_data": "data:text/plain;base64,???"}""", "input.train_data: The data URL is malformed")]
    [InlineData("""{"type": "tune", "train_data": "data:text/csv;base64,aW5wdXQsdGFyZ2V0CmEs6Q=="}""", "input.train_data: Line 2 is not UTF-8 text")]
    [InlineData("""{"type": "tune", "train_data": "input,target\na,b", "validation_data": "a,b"}""", "input.validation_data: Line 1 is taken for")]
    [InlineData("""{"type": "tune", "train_data": "input,target\na,b", "example_inputs": "a", "example_outputs": "b"}""",
        "input.train_data: Give this or")]
    [InlineData("""{"type": "tune", "example_inputs": "a\nb", "example_outputs": "b"}""",
        "input.example_outputs: Number of input and output do not match")]
    [InlineData("""{"type": "tune", "train_data": "input,target\na,b", "rank": 513}""", "input.rank: 513 is greater than the maximum of 512")]
    [InlineData("""{"type": "tune", "train_data": "input,target\na,b", "steps": 1, "epochs": 1}""", "input.epochs: Give steps or epochs, not both.")]
    [InlineData("""{"type": "tune", "train_data": "input,target\na,b", "early_stopping": 2}""", "input.early_stopping: It needs a validation loss")]
    [InlineData("""{"type": "tune", "train_data": "input,target\na,b", "init_from": "nobody/nothing"}""",
        "input.init_from: There is no model `nobody/nothing`.")]
    [InlineData("""{"type": "tune", "train_data": "input,target\na,b", "init_from": "nothing"}""",
        "input.init_from: It must be the owner/name of a module")]
    [InlineData("""{"type": "tune", "train_data": "input,target\na,b", "init_from": "lorahub/t5-mini"}""",
        "input.init_from: `lorahub/t5-mini` is not a module; leave this out to start from a new LoRA.")]
    [InlineData("""{"type": "tune", "train_data": "input,target\na,b", "init_from": "lorahub/broken"}""",
        "input.init_from: `lorahub/broken` cannot be used")]
    [InlineData("""{"type": "compose_and_tune", "train_data": "input,target\na,b", "init_from": "lorahub/colors"}""",
        "input.init_from: `compose_and_tune`")]
    [InlineData("""{"type": "compose", "train_data": "input,target\na,b", "max_inference_step": 5}""", "input.max_inference_step: 5 is less than")]
    [InlineData("""{"type": "compose", "train_data": "input,target\na,b", "lora_modules_specified": "no/such"}""", "input.lora_modules_specified")]
    [InlineData("""{"type": "tune", "train_data": "input,target\na,b", "max_inference_step": 5}""", "input.max_inference_step: 5 is less than")]
    [InlineData("""{"type": "tune", "train_data": "input,target\na,b", "init_from": 5}""", "input.init_from: It must be a string.")]
    [InlineData("""{"type": "tune", "train_data": ["a"]}""", "input.train_data: It must be a string.")]
    [InlineData("""{"train_dta": "input,target\na,b"}""", "input.train_dta: This model has no such input. Did you mean `train_data`?")]
    public async Task Bad_inputs_are_refused_with_the_reason(string input, string problem)
    {
        var client = await pool.Get(Settings).ReadyAsync();

        using var response = await client.TrainAsync("bad/input", JsonNode.Parse(input)!.AsObject());

        Assert.Equal(HttpStatusCode.UnprocessableEntity, response.StatusCode);
        Assert.Contains(problem, (await response.JsonAsync()).Text("detail"), StringComparison.Ordinal);
        await CheckNothingAsync(client, "bad/input");
    }

    [Fact]
    public async Task Too_much_data_is_413_or_422_with_the_limit()
    {
        var client = await pool.Get(Settings).ReadyAsync();
        var large = await client.UploadedAsync("input,target\n" + new string('a', 3000) + ",b\n");
        var many = await client.UploadedAsync("input,target\n" + string.Concat(Enumerable.Repeat("a,b\n", 21)));

        using var tooLarge = await client.TrainAsync("bad/size", TrainingRequests.Input(("type", "tune"), ("train_data", large.Get)));
        using var tooMany = await client.TrainAsync("bad/size", TrainingRequests.Input(("type", "tune"), ("train_data", many.Get)));
        using var composed = await client.TrainAsync("bad/size", TrainingRequests.Input(("train_data", many.Get)));
        using var inline = await client.TrainAsync("bad/size", TrainingRequests.Input(("type", "tune"), ("train_data", new string('a', 5000))));
        using var gone = await client.TrainAsync("bad/size", TrainingRequests.Input(("type", "tune"), ("train_data", large.Get + "x")));

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, tooLarge.StatusCode);
        Assert.Contains("2048 bytes (Limits:TrainingBytes)", await tooLarge.TextAsync(), StringComparison.Ordinal);
        Assert.Contains("more than 20 examples (Limits:TrainingLines)", await tooMany.TextAsync(), StringComparison.Ordinal);
        Assert.Contains("at most 10 examples (Limits:InputLines)", await composed.TextAsync(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, inline.StatusCode);
        Assert.Contains("This service has no such file", await gone.TextAsync(), StringComparison.Ordinal);
        await CheckNothingAsync(client, "bad/size");
    }

    [Theory]
    [InlineData("""{"input": {}}""", HttpStatusCode.UnprocessableEntity, "destination is required")]
    [InlineData("""{"destination": 5, "input": {}}""", HttpStatusCode.UnprocessableEntity, "destination must be a string")]
    [InlineData("""{"destination": "me/french"}""", HttpStatusCode.UnprocessableEntity, "input is required")]
    [InlineData("""{"destination": "../up", "input": {}}""", HttpStatusCode.NotFound, "destination must be the owner/name of a module")]
    [InlineData("""{"destination": "lorahub/lorahub", "input": {}}""", HttpStatusCode.Conflict,
        "This name belongs to a base model or to the composer")]
    [InlineData("""{"destination": "lorahub/colors", "input": {"type": "tune"}, "webhook": "nowhere"}""", HttpStatusCode.UnprocessableEntity,
        "webhook")]
    public async Task A_bad_destination_is_refused(string body, HttpStatusCode status, string problem)
    {
        var client = await pool.Get(Settings).ReadyAsync();
        var version = (await client.GetJsonAsync("/v1/models/lorahub/lorahub"))["latest_version"]!.Text("id");

        using var response = await client.PostAsync($"/v1/models/lorahub/lorahub/versions/{version}/trainings", body);

        Assert.Equal(status, response.StatusCode);
        Assert.Contains(problem, (await response.JsonAsync()).Text("detail"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Only_the_composer_composes_and_an_unknown_version_is_404()
    {
        var client = await pool.Get(Settings).ReadyAsync();
        await client.PublishedAsync("bad/start", [1, 2]);

        var compose = TrainingRequests.Input(("type", "compose"), ("train_data", "x"));
        using var composed = await client.TrainAsync("bad/kind", compose, model: "bad/start");
        using var restarted = await client.TrainAsync("bad/kind", TrainingRequests.Tune(("init_from", "lorahub/colors")), model: "bad/start");
        using var unknown = await client.PostAsync(
            $"/v1/models/bad/start/versions/{new string('0', 64)}/trainings", """{"destination": "bad/kind", "input": {}}""");

        Assert.Contains("`bad/start` can only be tuned", await composed.TextAsync(), StringComparison.Ordinal);
        Assert.Contains("The training goes on from `bad/start`", await restarted.TextAsync(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NotFound, unknown.StatusCode);
    }

    [Fact]
    public async Task Creating_needs_the_scopes_predict_and_publish_and_rights_on_the_destination()
    {
        (string, string)[] tokens = [("both", "predict,publish"), ("other", "predict,publish"), ("predictor", "predict"), ("publisher", "publish")];
        var client = await pool.Get([.. Tokens(tokens)]).ReadyAsync();

        using var made = await TrainAsync("both");
        using var ofOther = await TrainAsync("other");
        using var predictor = await TrainAsync("predictor");
        using var publisher = await TrainAsync("publisher");

        Assert.Equal(HttpStatusCode.Created, made.StatusCode);
        Assert.Equal("both", (await GetAsync("/v1/modules/rights/french")).Text("published_by"));
        Assert.Contains("This module was published with another token", await ofOther.TextAsync(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Forbidden, ofOther.StatusCode);
        Assert.Contains("Your token lacks the scope `publish`", await predictor.TextAsync(), StringComparison.Ordinal);
        Assert.Contains("Your token lacks the scope `predict`", await publisher.TextAsync(), StringComparison.Ordinal);

        Task<HttpResponseMessage> TrainAsync(string token) => client.TrainAsync(
            "rights/french", TrainingRequests.Tune(), TrainingRequests.Composer, ("Authorization", $"Bearer {token}"), ("Prefer", "wait=60"));

        async Task<JsonObject> GetAsync(string path)
        {
            using var response = await client.FetchAsync(path, ("Authorization", "Bearer both"));
            return await response.JsonAsync();
        }
    }

    static IEnumerable<(string Key, string Value)> Tokens(params (string Name, string Scopes)[] tokens)
    {
        foreach (var (index, (name, scopes)) in tokens.Index())
        {
            yield return ($"Auth:Tokens:{index}:Name", name);
            yield return ($"Auth:Tokens:{index}:Hash", Api.Security.Tokens.Hash(name));
            foreach (var (at, scope) in scopes.Split(',').Index())
            {
                yield return ($"Auth:Tokens:{index}:Scopes:{at}", scope);
            }
        }
    }

    static async Task CheckNothingAsync(HttpClient client, string destination)
    {
        Assert.Empty(await client.VersionsAsync(destination));
        Assert.Empty((await client.GetJsonAsync("/v1/trainings"))["results"]!.AsArray());
    }
}
