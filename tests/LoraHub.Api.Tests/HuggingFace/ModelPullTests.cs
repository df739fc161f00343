using System.Text;
using LoraHub.Modules.HuggingFace;

namespace LoraHub.Api.Tests.HuggingFace;

public sealed class ModelPullTests
{
    [Fact]
    public async Task A_base_model_appears_once_complete_and_keeps_its_commit()
    {
        await using var hub = await HuggingFaceServer.StartAsync();
        var model = hub.Add("anna/base", Samples.Model());
        using var here = new DownloadsUnderTest(hub.Endpoint);

        Assert.Equal(model.Commit, Assert.IsType<PullOutcome.Downloaded>(await here.PullModelAsync("anna/base")).Commit);

        Assert.All(
            (string[])["config.json", "spiece.model", "special_tokens_map.json", "generation_config.json", "model.safetensors"],
            file => Assert.Equal(model.Files[file].Content, here.Read("anna/base", file)));
        Assert.Equal($"{hub.Endpoint}/anna/base\n{model.Commit}\n", Encoding.UTF8.GetString(here.Read("anna/base", "SOURCE.txt")));
        Assert.Empty(here.Incoming);

        hub.Add("anna/base", [.. Samples.Model("config.json"), ("config.json", "{\"model_type\": \"t5\"}"u8.ToArray())]);
        Assert.IsType<PullOutcome.AlreadyHere>(await here.PullModelAsync("anna/base"));
        var folder = Path.Combine(here.Models, "anna/base");
        Assert.StartsWith(
            $"{folder} holds another revision, or a copy of unknown origin.",
            Assert.IsType<PullOutcome.Failed>(await here.PullModelAsync("anna/base", "main")).Reason,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("spiece.model", "tokenizer.json")]
    [InlineData("tokenizer.json", "spiece.model")]
    public async Task One_of_the_two_tokenizer_files_is_enough_and_added_tokens_are_downloaded(string without, string with)
    {
        await using var hub = await HuggingFaceServer.StartAsync();
        var model = hub.Add("anna/base", [.. Samples.Model(without), ("added_tokens.json", "{}"u8.ToArray())]);
        using var here = new DownloadsUnderTest(hub.Endpoint);

        Assert.IsType<PullOutcome.Downloaded>(await here.PullModelAsync("anna/base"));

        Assert.All((string[])[with, "added_tokens.json"], file => Assert.Equal(model.Files[file].Content, here.Read("anna/base", file)));
    }

    [Fact]
    public async Task A_quantized_base_model_is_refused_before_its_weights_are_downloaded()
    {
        await using var hub = await HuggingFaceServer.StartAsync();
        var config = "{\"model_type\": \"t5\", \"quantization_config\": {\"load_in_8bit\": true}}"u8.ToArray();
        hub.Add("anna/base", [.. Samples.Model("config.json"), ("config.json", config)]);
        using var here = new DownloadsUnderTest(hub.Endpoint);

        var reason = Assert.IsType<PullOutcome.Failed>(await here.PullModelAsync("anna/base")).Reason;

        Assert.Contains("config.json has a quantization_config: quantized checkpoints are not supported", reason, StringComparison.Ordinal);
        Assert.DoesNotContain(hub.Requests, request => request.Path.Contains("model.safetensors", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_shards_in_the_index_are_downloaded()
    {
        await using var hub = await HuggingFaceServer.StartAsync();
        hub.Add(
            "anna/base",
            [
                .. Sharded("model-1.safetensors", "model-2.safetensors"),
                ("model-1.safetensors", [1]), ("model-2.safetensors", [2]), ("model-3.safetensors", [3]),
            ]);
        using var here = new DownloadsUnderTest(hub.Endpoint);

        Assert.IsType<PullOutcome.Downloaded>(await here.PullModelAsync("anna/base"));

        Assert.Equal([1], here.Read("anna/base", "model-1.safetensors"));
        Assert.Equal([2], here.Read("anna/base", "model-2.safetensors"));
        Assert.False(File.Exists(Path.Combine(here.Models, "anna/base", "model-3.safetensors")));
    }

    [Theory]
    [InlineData("../../evil.safetensors")]
    [InlineData("/evil.safetensors")]
    [InlineData(".evil.safetensors")]
    [InlineData("evil.sh")]
    public async Task A_shard_that_leaves_the_folder_is_refused(string shard)
    {
        await using var hub = await HuggingFaceServer.StartAsync();
        hub.Add("anna/base", [.. Sharded(shard), (shard, [1])]);
        using var here = new DownloadsUnderTest(hub.Endpoint);

        Assert.Equal(
            "model.safetensors.index.json of anna/base lists a shard with an invalid file name.",
            Assert.IsType<PullOutcome.Failed>(await here.PullModelAsync("anna/base")).Reason);
        Assert.False(Directory.Exists(Path.Combine(here.Models, "anna")));
    }

    [Fact]
    public async Task A_model_that_is_not_a_T5_is_refused_before_its_weights_are_downloaded()
    {
        await using var hub = await HuggingFaceServer.StartAsync();
        hub.Add("anna/base", [.. Samples.Model("config.json"), ("config.json", "{\"model_type\": \"llama\"}"u8.ToArray())]);
        hub.Add("anna/bare", Samples.Model("spiece.model", "tokenizer.json"));
        hub.Add("anna/module", Samples.Module(1));
        using var here = new DownloadsUnderTest(hub.Endpoint);

        Assert.Equal(
            "anna/base is not a supported base model: config.json describes a model of type `llama`; only `t5` and `mt5` are supported.",
            Assert.IsType<PullOutcome.Failed>(await here.PullModelAsync("anna/base")).Reason);
        Assert.Equal(
            "anna/bare has neither tokenizer.json nor spiece.model; a T5 needs one of these.",
            Assert.IsType<PullOutcome.Failed>(await here.PullModelAsync("anna/bare")).Reason);
        Assert.Equal(
            "anna/module has no config.json and is not a base model; it is a module: use `lorahub modules pull`.",
            Assert.IsType<PullOutcome.Failed>(await here.PullModelAsync("anna/module")).Reason);
        Assert.DoesNotContain(hub.Requests, request => request.Path.Contains("model.safetensors", StringComparison.Ordinal));
    }

    static IEnumerable<(string Name, byte[] Content)> Sharded(params string[] shards)
    {
        var map = string.Join(',', shards.Select((shard, i) => $"\"tensor{i}\": \"{shard}\""));
        return
        [
            .. Samples.Model("model.safetensors"),
            ("model.safetensors.index.json", Encoding.UTF8.GetBytes($"{{\"weight_map\": {{{map}}}}}")),
        ];
    }
}
