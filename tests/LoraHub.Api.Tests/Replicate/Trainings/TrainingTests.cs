using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using LoraHub.Api.Tests.Support;
using LoraHub.Core.Predictions;
using LoraHub.Core.Trainings;

namespace LoraHub.Api.Tests.Replicate.Trainings;

/// <summary>Trainings as Replicate's clients see them.</summary>
public sealed class TrainingTests : IAsyncDisposable
{
    readonly Service _service = new();

    public ValueTask DisposeAsync() => _service.DisposeAsync();

    [Fact]
    public async Task A_training_makes_a_version_that_can_be_called_and_is_found_only_as_a_training()
    {
        var client = await _service.ReadyAsync();

        var training = await client.TrainedAsync("me/french", TrainingRequests.Tune(("seed", 7), ("steps", 2)));

        Assert.Equal(("succeeded", TrainingRequests.Composer), (training.Text("status"), training.Text("model")));
        var id = training.Text("id")!;
        Assert.EndsWith($"/v1/trainings/{id}", training["urls"]!.Text("get"), StringComparison.Ordinal);
        Assert.EndsWith($"/v1/trainings/{id}/cancel", training["urls"]!.Text("cancel"), StringComparison.Ordinal);
        Assert.Equal("{\"steps\":2,\"seed\":7}", Sub(training["input"]!, "steps", "seed"));
        Assert.Contains("2/2 [", training.Text("logs"), StringComparison.Ordinal);
        var version = Assert.Single(await client.VersionsAsync("me/french"));
        Assert.Equal($"me/french:{version}", training["output"]!.Text("version"));
        Assert.Equal(Run.AdapterBytes, await DownloadAsync(client, training["output"]!.Text("weights")!));
        Assert.Contains($"Published me/french:{version}", training.Text("logs"), StringComparison.Ordinal);
        var module = await client.GetJsonAsync("/v1/modules/me/french");
        Assert.Equal("ready", module.Text("state"));

        Assert.Equal(training.ToJsonString(), (await client.GetJsonAsync($"/v1/trainings/{id}")).ToJsonString());
        Assert.Equal(id, Assert.Single((await client.GetJsonAsync("/v1/trainings"))["results"]!.AsArray())!.Text("id"));
        Assert.Empty((await client.GetJsonAsync("/v1/predictions"))["results"]!.AsArray());
        using var asPrediction = await client.FetchAsync($"/v1/predictions/{id}");
        Assert.Equal(HttpStatusCode.NotFound, asPrediction.StatusCode);
    }

    [Fact]
    public async Task The_worker_gets_the_data_and_the_settings()
    {
        var (plan, lines) = ((TrainingPlan?)null, "");
        var script = _service.Predictor.TuneScript;
        _service.Predictor.TuneScript = (given, folder, checkpoints, progress, canceled) =>
        {
            plan = given;
            string[] files = [TrainingLines.TrainFile, TrainingLines.ValidationFile];
            lines = string.Concat(files.Select(name => File.ReadAllText(Path.Combine(folder, name))));
            return script(given, folder, checkpoints, progress, canceled);
        };
        var client = await _service.ReadyAsync();
        var file = await client.UploadedAsync("prompt,completion\nfork,fourchette\n", "data.csv", "text/csv");
        var inline = $"data:text/plain;base64,{Convert.ToBase64String(Encoding.UTF8.GetBytes("{\"input\": \"a\", \"target\": \"é\"}"))}";

        await client.TrainedAsync("me/french", TrainingRequests.Input(
            ("type", "tune"), ("train_data", file.Get), ("validation_data", inline), ("rank", 4), ("target_modules", "q\nk"), ("seed", 3)));

        Assert.Equal("{\"input\":\"fork\",\"target\":\"fourchette\"}\n{\"input\":\"a\",\"target\":\"é\"}\n", lines);
        Assert.Equal((4, 8.0, 3L), (plan!.Input.Tuning!.Rank, plan.Input.Tuning.Alpha, plan.Seed));
        Assert.Equal(["q", "k"], plan.Input.Tuning.TargetModules);
        Assert.Equal("me/french", plan.Destination.Module);
    }

    [Fact]
    public async Task Examples_stand_in_for_data_and_data_for_examples()
    {
        var (trained, composed) = ("", (Lines?)null);
        var (tune, compose) = (_service.Predictor.TuneScript, _service.Predictor.Script);
        _service.Predictor.TuneScript = (plan, folder, checkpoints, progress, canceled) =>
        {
            trained = File.ReadAllText(Path.Combine(folder, TrainingLines.TrainFile));
            return tune(plan, folder, checkpoints, progress, canceled);
        };
        _service.Predictor.Script = run =>
        {
            composed = new Lines(string.Join('|', run.Input.ExampleInputs), string.Join('|', run.Input.ExampleOutputs));
            return compose(run);
        };
        var client = await _service.ReadyAsync();

        await client.TrainedAsync(
            "me/a", TrainingRequests.Input(("type", "tune"), ("example_inputs", "cat\ndog"), ("example_outputs", "cats\ndogs")));
        var training = await client.TrainedAsync("me/b", TrainingRequests.Input(("train_data", TrainingRequests.Data)));

        Assert.Equal("{\"input\":\"cat\",\"target\":\"cats\"}\n{\"input\":\"dog\",\"target\":\"dogs\"}\n", trained);
        Assert.Equal(new Lines("mimsy ; fork ;|mimsy ; mother ;", "fourchette|mère"), composed);
        Assert.Equal("succeeded", training.Text("status"));
        Assert.NotNull(training["output"]!.Text("trace"));
    }

    [Fact]
    public async Task Composing_and_tuning_starts_from_the_composition()
    {
        byte[] start = [];
        var script = _service.Predictor.TuneScript;
        _service.Predictor.TuneScript = (plan, folder, checkpoints, progress, canceled) =>
        {
            start = File.ReadAllBytes(Path.Combine(folder, TrainingLines.StartFile));
            return script(plan, folder, checkpoints, progress, canceled);
        };
        var client = await _service.ReadyAsync();

        var training = await client.TrainedAsync(
            "me/french", TrainingRequests.Input(("type", "compose_and_tune"), ("train_data", TrainingRequests.Data), ("rank", 8)));

        Assert.Equal("succeeded", training.Text("status"));
        Assert.Equal(Run.AdapterBytes, start);
        Assert.Contains("Warning: ignored `rank`. The training starts from a LoRA", training.Text("logs"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task On_a_modules_version_tuning_goes_on_from_it()
    {
        TrainingPlan? plan = null;
        var script = _service.Predictor.TuneScript;
        _service.Predictor.TuneScript = (given, folder, checkpoints, progress, canceled) =>
        {
            plan = given;
            return script(given, folder, checkpoints, progress, canceled);
        };
        var client = await _service.ReadyAsync();
        var first = await client.PublishedAsync("me/base", [3, 4]);

        var training = await client.TrainedAsync("me/next", TrainingRequests.Input(("train_data", TrainingRequests.Data)), model: "me/base");
        Assert.Equal(new ModuleUse("me/base", first.Text("version")!), plan!.Start);
        Assert.Equal(("me/base", first.Text("version")), (training.Text("model"), training.Text("version")));

        await client.TrainedAsync("me/next", TrainingRequests.Tune(("init_from", $"me/base:{first.Text("version")}")));
        Assert.Equal(new ModuleUse("me/base", first.Text("version")!), plan.Start);
        await client.TrainedAsync("me/next", TrainingRequests.Tune(), model: plan.BaseModel);
        Assert.Null(plan.Start);
    }

    [Fact]
    public async Task A_training_streams_its_output()
    {
        var client = await _service.ReadyAsync();
        var training = await client.TrainedAsync("me/french", TrainingRequests.Tune());

        using var stream = await client.FetchAsync(new Uri(training["urls"]!.Text("stream")!).PathAndQuery);

        var events = EventStream.Parse(await stream.TextAsync()).ToArray();
        Assert.Equal(["output", "done"], events.Select(one => one.Name));
        Assert.Equal(training["output"]!.ToJsonString(), JsonNode.Parse(events[0].Data)!.ToJsonString());
    }

    [Fact]
    public async Task Cancel_ends_a_training_without_a_version_and_delete_removes_its_data()
    {
        _service.Predictor.TuneScript = (_, folder, _, progress, canceled) =>
        {
            progress.Log("step 1");
            canceled.WaitHandle.WaitOne(Limits.Wait);
            canceled.ThrowIfCancellationRequested();
            throw new TimeoutException("Nobody canceled.");
        };
        var client = await _service.ReadyAsync();
        using var created = await client.TrainAsync("me/french", TrainingRequests.Tune());
        var training = await created.JsonAsync();
        var id = training.Text("id")!;
        Assert.Equal(("starting", created.Headers.Location!.ToString()), (training.Text("status"), training["urls"]!.Text("get")));
        await _service.UntilAsync<PredictionEvent.Logged>(id);
        using var early = await client.SendAsync(HttpMethod.Delete, $"/v1/trainings/{id}", json: null);

        using var canceled = await client.PostAsync($"/v1/trainings/{id}/cancel", json: null);
        var ended = await client.UntilTrainedAsync(id);
        using var deleted = await client.SendAsync(HttpMethod.Delete, $"/v1/trainings/{id}", json: null);

        Assert.Equal((HttpStatusCode.Conflict, HttpStatusCode.OK), (early.StatusCode, canceled.StatusCode));
        Assert.Equal("canceled", ended.Text("status"));
        Assert.Empty(await client.VersionsAsync("me/french"));
        Assert.Equal(HttpStatusCode.NoContent, deleted.StatusCode);
        Assert.True((bool)(await client.GetJsonAsync($"/v1/trainings/{id}"))["data_removed"]!);
    }

    [Fact]
    public async Task Two_trainings_to_one_destination_make_two_versions()
    {
        var made = 0;
        _service.Predictor.TuneScript = (_, folder, _, _, _) =>
        {
            var adapter = Path.Combine(folder, "adapter.zip");
            File.WriteAllBytes(adapter, PeftFiles.Zip(PeftFiles.Of(1, ++made)));
            return new PredictionResult(new PredictionOutput(), adapter, CheckpointFile: null);
        };
        var client = await _service.ReadyAsync();

        var first = await client.TrainedAsync("me/french", TrainingRequests.Tune());
        var second = await client.TrainedAsync("me/french", TrainingRequests.Tune());

        Assert.Equal(
            [second["output"]!.Text("version"), first["output"]!.Text("version")],
            (await client.VersionsAsync("me/french")).Select(version => $"me/french:{version}"));
    }

    [Fact]
    public async Task Trainings_and_compositions_share_the_slots_in_the_order_of_their_creation()
    {
        _service.Predictor.Script = run => run.UntilCanceled();
        var client = await _service.ReadyAsync();
        var composition = (await client.PostJsonAsync("/v1/predictions", """{"version": "lorahub/lorahub", "input": {}}""")).Text("id")!;
        await client.UntilPredictionAsync(composition, "processing");
        using var created = await client.TrainAsync("me/french", TrainingRequests.Tune());
        var training = (await created.JsonAsync()).Text("id")!;

        Assert.Equal("starting", (await client.GetJsonAsync($"/v1/trainings/{training}")).Text("status"));
        Assert.Equal("BUSY", (await client.GetJsonAsync("/health-check")).Text("status"));
        using var canceled = await client.PostAsync($"/v1/predictions/{composition}/cancel", json: null);

        Assert.Equal("succeeded", (await client.UntilTrainedAsync(training)).Text("status"));
    }

    [Fact]
    public async Task Inputs_without_effect_are_named_in_the_log()
    {
        var client = await _service.ReadyAsync();

        var composed = await client.TrainedAsync(
            "me/a", TrainingRequests.Input(("train_data", TrainingRequests.Data), ("epochs", 3), ("leaning_rate", 0.1)));
        var tuned = await client.TrainedAsync("me/b", TrainingRequests.Tune(("max_inference_step", 20)));

        Assert.Contains("Warning: ignored `epochs`. It has no effect when `type` is `compose`.", composed.Text("logs"), StringComparison.Ordinal);
        Assert.Contains("Warning: ignored `leaning_rate`. This model has no such input. Did you mean `learning_rate`?", composed.Text("logs"),
            StringComparison.Ordinal);
        Assert.Contains("Warning: ignored `max_inference_step`. It has no effect when `type` is `tune`.", tuned.Text("logs"),
            StringComparison.Ordinal);
    }

    static async Task<byte[]> DownloadAsync(HttpClient client, string url) =>
        await client.GetByteArrayAsync(new Uri(new Uri(url).PathAndQuery, UriKind.Relative), TestContext.Current.CancellationToken);

    static string Sub(JsonNode input, params string[] names) =>
        new JsonObject(names.Select(name => KeyValuePair.Create(name, input[name]?.DeepClone()))).ToJsonString();

    sealed record Lines(string Inputs, string Outputs);
}
