using System.IO.Compression;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace LoraHub.Api.Tests.EndToEnd;

/// <summary>Uses the shipped bundle over HTTP.</summary>
public sealed class RealServiceTests(RealService service) : IClassFixture<RealService>
{
    [Fact]
    public async Task The_default_request_gives_weights_a_loss_and_an_adapter()
    {
        var client = await service.ReadyAsync();

        var answer = await client.PostAsync("/predictions", JsonContent.Create(new { }), TestContext.Current.CancellationToken);

        var prediction = await JsonAsync(answer);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("succeeded", (string)prediction["status"]!);
        Assert.Equal(20, prediction["output"]!["weights"]!.AsArray().Count);
        // Random draws: never worse than no modules, and for some draws not better.
        Assert.True((double)prediction["output"]!["loss"]!["adapted"]! <= (double)prediction["output"]!["loss"]!["zero_shot"]!);
        Assert.Equal(
            ["adapter_config.json", "adapter_model.safetensors", "README.md"],
            (await AdapterAsync(client, prediction)).Entries.Select(entry => entry.FullName));
    }

    [Fact]
    public async Task The_same_request_and_seed_twice_give_the_same_bytes()
    {
        var client = await service.ReadyAsync();

        var first = await JsonAsync(await client.PostAsync("/predictions", Request(), TestContext.Current.CancellationToken));
        var second = await JsonAsync(await client.PostAsync("/predictions", Request(), TestContext.Current.CancellationToken));

        // The adapter's URL holds the digest of its bytes. The trace contains times.
        Assert.True(first["output"]!.AsObject().Remove("trace"));
        Assert.True(second["output"]!.AsObject().Remove("trace"));
        Assert.Equal(first["output"]!.ToJsonString(), second["output"]!.ToJsonString());

        static JsonContent Request() => JsonContent.Create(new { input = new { seed = 42, max_inference_step = 10 } });
    }

    [Fact]
    public async Task The_trace_of_the_search_is_downloaded_as_JSON()
    {
        var client = await service.ReadyAsync();
        var prediction = await JsonAsync(await client.PostAsync(
            "/predictions", JsonContent.Create(new { input = new { seed = 42, max_inference_step = 10, objective = "token_loss" } }),
            TestContext.Current.CancellationToken));

        var trace = await client.GetFromJsonAsync<JsonNode>((string)prediction["output"]!["trace"]!, TestContext.Current.CancellationToken);

        var (steps, loss) = (trace!["steps"]!.AsArray(), prediction["output"]!["loss"]!);
        Assert.Equal((42, 10, "token_loss"), ((int)trace["seed"]!, (int)trace["budget"]!, (string)trace["objective"]!));
        Assert.Equal((int)loss["evaluations"]!, steps.Count);
        Assert.Equal((double)loss["zero_shot"]!, (double)steps[0]!["loss"]!);
        Assert.Equal((double)loss["adapted"]!, steps.Min(step => (double)step!["loss"]!));
        Assert.Equal(
            prediction["output"]!["weights"]!.AsArray().Select(weight => (string)weight!["module"]!).Order(StringComparer.Ordinal),
            trace["modules"]!.AsArray().Select(module => (string)module!["id"]!).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Log_lines_arrive_one_by_one_while_the_prediction_runs()
    {
        var client = await service.ReadyAsync();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/predictions")
        {
            Content = JsonContent.Create(new { input = new { seed = 1 } }),
        };
        request.Headers.Accept.ParseAdd("text/event-stream");

        using var answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken));
        var events = new List<string>();
        while (await reader.ReadLineAsync(TestContext.Current.CancellationToken) is { } line)
        {
            if (line.StartsWith("event: ", StringComparison.Ordinal))
            {
                events.Add(line["event: ".Length..]);
                if (events is ["start", "log"])
                {
                    Assert.Equal("BUSY",
                        (string)(await JsonAsync(await client.GetAsync("/health-check", TestContext.Current.CancellationToken)))["status"]!);
                }
            }
        }

        Assert.Equal("start", events[0]);
        Assert.Equal(["output", "completed"], events[^2..]);
        Assert.InRange(events.Count(name => name == "log"), 40 + 20 + 20, 120); // evaluations, modules, weights and a few more
    }

    [Theory]
    [InlineData("""{"lora_modules_specified": "lorahub/t5_mini-plural"}""", "lora_modules_specified",
        "`lorahub/t5_mini-plural` is not recognized. Did you mean `lorahub/t5_mini-plurals`")]
    [InlineData("""{"num_random_lora_modules": 100}""", "num_random_lora_modules", "100 modules were asked for, but the pool holds 29")]
    [InlineData("""{"lora_modules_specified": "lorahub/t5_mini-nli_r4, lorahub/t5_mini-plurals"}""", "lora_modules_specified",
        "differ in rank or targets")]
    public async Task Modules_that_cannot_be_composed_are_refused_before_any_work(string input, string field, string message)
    {
        var client = await service.ReadyAsync();

        var answer = await client.PostAsync("/predictions", JsonContent.Create(new JsonObject { ["input"] = JsonNode.Parse(input) }),
            TestContext.Current.CancellationToken);

        var detail = (await JsonAsync(answer))["detail"]![0]!;
        Assert.Equal(HttpStatusCode.UnprocessableEntity, answer.StatusCode);
        Assert.Equal(field, (string)detail["loc"]![2]!);
        Assert.Contains(message, (string)detail["msg"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_module_in_the_data_folder_can_be_composed_and_a_broken_one_reports_why_not()
    {
        await using var own = new RealService(); // the other tests' pool must not grow
        var client = await own.ReadyAsync();
        var shipped = Path.Combine(AppContext.BaseDirectory, "models", "lorahub", "t5_mini-plurals");
        foreach (var name in (string[])["good", "broken"])
        {
            var folder = Directory.CreateDirectory(Path.Combine(own.DataPath, "models", "mine", name)).FullName;
            File.Copy(Path.Combine(shipped, "adapter_config.json"), Path.Combine(folder, "adapter_config.json"));
            var checkpoint = await File.ReadAllBytesAsync(Path.Combine(shipped, "adapter_model.bin"), TestContext.Current.CancellationToken);
            await File.WriteAllBytesAsync(
                Path.Combine(folder, "adapter_model.bin"), name == "good" ? checkpoint : checkpoint[..1000], TestContext.Current.CancellationToken);
        }

        var good = await client.PostAsync("/predictions", JsonContent.Create(new { input = new { module_weights = """{"mine/good": 1}""" } }),
            TestContext.Current.CancellationToken);
        var broken = await client.PostAsync("/predictions", JsonContent.Create(new { input = new { module_weights = """{"mine/broken": 1}""" } }),
            TestContext.Current.CancellationToken);

        Assert.Equal("succeeded", (string)(await JsonAsync(good))["status"]!);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, broken.StatusCode);
        var text = await broken.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.Contains("`mine/broken` cannot be used: adapter_model.bin: ", text, StringComparison.Ordinal);
        Assert.DoesNotContain(own.DataPath, text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unusable_module_fails_its_prediction_and_the_next_one_succeeds()
    {
        await using var own = new RealService();
        var client = await own.ReadyAsync();
        var folder = Directory.CreateDirectory(Path.Combine(own.DataPath, "models", "mine", "nan")).FullName;
        var shipped = Path.Combine(AppContext.BaseDirectory, "models", "lorahub", "t5_mini-parity_safetensors");
        var checkpoint = await File.ReadAllBytesAsync(Path.Combine(shipped, "adapter_model.safetensors"), TestContext.Current.CancellationToken);
        BitConverter.TryWriteBytes(checkpoint.AsSpan(^4), float.NaN);
        await File.WriteAllBytesAsync(Path.Combine(folder, "adapter_model.safetensors"), checkpoint, TestContext.Current.CancellationToken);
        File.Copy(Path.Combine(shipped, "adapter_config.json"), Path.Combine(folder, "adapter_config.json"));

        var failed = await JsonAsync(await client.PostAsync("/predictions", Request("mine/nan"), TestContext.Current.CancellationToken));
        var next = await JsonAsync(await client.PostAsync("/predictions", Request("lorahub/t5_mini-plurals"), TestContext.Current.CancellationToken));

        Assert.Equal("failed", (string)failed["status"]!);
        Assert.StartsWith("The module `mine/nan` cannot be used: the checkpoint holds a number that is not finite", (string)failed["error"]!,
            StringComparison.Ordinal);
        Assert.Equal("succeeded", (string)next["status"]!);

        static JsonContent Request(string module) =>
            JsonContent.Create(new { input = new { lora_modules_specified = module, max_inference_step = 10 } });
    }

    static async Task<JsonNode> JsonAsync(HttpResponseMessage answer) =>
        (await answer.Content.ReadFromJsonAsync<JsonNode>(TestContext.Current.CancellationToken))!;

    static async Task<ZipArchive> AdapterAsync(HttpClient client, JsonNode prediction) =>
        new(await client.GetStreamAsync((string)prediction["output"]!["adapter"]!, TestContext.Current.CancellationToken));
}
