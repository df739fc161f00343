using LoraHub.Formats.Checkpoints;
using LoraHub.Formats.Tensors;

namespace LoraHub.Formats.Tests.Checkpoints;

/// <summary>Model and adapter folders as transformers and PEFT write them.</summary>
public sealed class FolderTests : IDisposable
{
    readonly TemporaryFolder _folder = new();

    public static TheoryData<string> Adapters => [.. Names(Golden.Path("lora"))];

    public static TheoryData<string> ShippedModules =>
        [.. Names(Golden.Model("lorahub")).Where(name => name.StartsWith("t5_", StringComparison.Ordinal))];

    [Theory]
    [InlineData("tiny-v1_0")]
    [InlineData("tiny-v1_1")]
    public void A_model_has_equal_tensors_in_both_formats(string model)
    {
        using var pickled = CheckpointReader.Open(Golden.Path($"t5/{model}/pytorch_model.bin"));
        using var safe = CheckpointReader.OpenModel(Golden.Path($"t5/{model}"));

        // The tied copies of the embeddings are in the pickle only.
        Assert.All(pickled.Entries.Keys.Except(safe.Entries.Keys), name => Assert.EndsWith(".weight", name, StringComparison.Ordinal));
        AssertSame(pickled, safe, safe.Entries.Keys);
        AssertSame(pickled, pickled, ["shared.weight", "encoder.embed_tokens.weight"]);
    }

    [Theory]
    [MemberData(nameof(Adapters))]
    public void An_adapter_has_equal_tensors_in_both_formats(string adapter)
    {
        using var pickled = CheckpointReader.Open(Golden.Path($"lora/{adapter}/adapter_model.bin"));
        using var safe = CheckpointReader.OpenAdapter(Golden.Path($"lora/{adapter}"));

        Assert.Equal(pickled.Entries.Keys.Order(StringComparer.Ordinal), safe.Entries.Keys);
        AssertSame(pickled, safe, safe.Entries.Keys);
    }

    [Theory]
    [MemberData(nameof(ShippedModules))]
    public void A_shipped_module_opens(string module)
    {
        using var checkpoint = CheckpointReader.OpenAdapter(Golden.Model($"lorahub/{module}"));

        Assert.NotEmpty(checkpoint.Entries);
        Assert.All(checkpoint.Entries.Keys, name => Assert.All(checkpoint.Read<float>(name), number => Assert.True(float.IsFinite(number))));
    }

    [Fact]
    public void The_shipped_model_opens()
    {
        using var checkpoint = CheckpointReader.OpenModel(Golden.Model("lorahub/t5-mini"));

        Assert.Equal(DType.BFloat16, checkpoint.Entries["shared.weight"].DType);
        Assert.All(checkpoint.Entries.Keys, name => Assert.All(checkpoint.Read<float>(name), number => Assert.True(float.IsFinite(number))));
    }

    [Fact]
    public void Safetensors_is_preferred_to_a_pickle()
    {
        _folder.File("adapter_model.bin", "version https://git-lfs.github.com/spec/v1");
        File.Copy(Golden.Path("pickle/safetensors/f32.safetensors"), _folder.File("adapter_model.safetensors"));

        using var checkpoint = CheckpointReader.OpenAdapter(_folder.Path);

        Assert.Equal(["a", "b"], checkpoint.Entries.Keys);
    }

    [Fact]
    public void A_pickle_is_opened_when_there_is_no_safetensors_file()
    {
        File.Copy(Golden.Path("pickle/torch/fp32.bin"), _folder.File("pytorch_model-00001-of-00001.bin"));
        _folder.File("pytorch_model.bin.index.json",
            """{ "metadata": {}, "weight_map": { "b": "pytorch_model-00001-of-00001.bin", "a": "pytorch_model-00001-of-00001.bin" } }""");

        using var checkpoint = CheckpointReader.OpenModel(_folder.Path);

        Assert.Equal(["a", "b"], checkpoint.Entries.Keys);
    }

    [Theory]
    [InlineData("../x.safetensors")]
    [InlineData("..")]
    [InlineData("sub/x.safetensors")]
    [InlineData("/etc/passwd")]
    [InlineData("..\\\\x.safetensors")]
    [InlineData("C:x.safetensors")]
    [InlineData("")]
    public void An_index_may_not_point_out_of_its_folder(string shard)
    {
        Directory.CreateDirectory(_folder.File("sub"));
        File.Copy(Golden.Path("pickle/safetensors/f32.safetensors"), _folder.File("sub/x.safetensors"));
        _folder.File("model.safetensors.index.json", $$"""{ "weight_map": { "a": "{{shard}}", "b": "{{shard}}" } }""");

        var refusal = Assert.Throws<CheckpointException>(() => CheckpointReader.OpenModel(_folder.Path));

        Assert.Contains("file of the same folder", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{ "a": "s.safetensors" }""", "a stray tensor in a shard")]
    [InlineData("""{ "a": "s.safetensors", "b": "s.safetensors", "c": "s.safetensors" }""", "a tied copy that no shard has")]
    [InlineData("""{ "a": "s.safetensors", "b": "t.safetensors" }""", "tensors in two shards")]
    public void An_index_that_differs_from_its_shards_opens_with_what_the_shards_have(string map, string because)
    {
        File.Copy(Golden.Path("pickle/safetensors/f32.safetensors"), _folder.File("s.safetensors"));
        File.Copy(Golden.Path("pickle/safetensors/f32.safetensors"), _folder.File("t.safetensors"));
        _folder.File("model.safetensors.index.json", $$"""{ "weight_map": {{map}} }""");

        using var checkpoint = CheckpointReader.OpenModel(_folder.Path);
        using var shard = CheckpointReader.Open(_folder.File("s.safetensors"));

        Assert.True(checkpoint.Entries.Keys.SequenceEqual(["a", "b"]), because);
        AssertSame(shard, checkpoint, shard.Entries.Keys);
    }

    [Theory]
    [InlineData("""{ "weight_map": { "a": "s.safetensors", "a": "s.safetensors" } }""", "Duplicate")]
    [InlineData("""{ "weight_map": { "a": "none.safetensors" } }""", "no such file")]
    [InlineData("""{ "weight_map": { "a": 1 } }""", "weight_map")]
    [InlineData("""{ "weight_map": { "a": null } }""", "not ''")]
    [InlineData("""{ "weight_map": [] }""", "weight_map")]
    [InlineData("""{ "\ud800": {} }""", "weight_map")]
    [InlineData("""{ }""", "weight_map")]
    [InlineData("[]", "weight_map")]
    [InlineData("", "weight_map")]
    public void A_broken_index_is_refused(string index, string why)
    {
        File.Copy(Golden.Path("pickle/safetensors/f32.safetensors"), _folder.File("s.safetensors"));
        File.Copy(Golden.Path("pickle/safetensors/f32.safetensors"), _folder.File("t.safetensors"));
        _folder.File("model.safetensors.index.json", index);

        var refusal = Assert.Throws<CheckpointException>(() => CheckpointReader.OpenModel(_folder.Path));

        Assert.Contains(why, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_without_a_checkpoint_is_refused_with_the_expected_names()
    {
        var model = Assert.Throws<CheckpointException>(() => CheckpointReader.OpenModel(_folder.Path));
        var adapter = Assert.Throws<CheckpointException>(() => CheckpointReader.OpenAdapter(_folder.File("none")));

        Assert.Contains("pytorch_model.bin.index.json", model.Message, StringComparison.Ordinal);
        Assert.Contains("adapter_model.safetensors, adapter_model.bin", adapter.Message, StringComparison.Ordinal);
        Assert.Throws<CheckpointException>(() => CheckpointReader.Open(_folder.Path));
    }

    public void Dispose() => _folder.Dispose();

    static IEnumerable<string> Names(string parent) =>
        Directory.GetDirectories(parent).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal);

    static void AssertSame(CheckpointReader left, CheckpointReader right, IEnumerable<string> names)
    {
        foreach (var name in names)
        {
            Assert.Equal(left.Entries[name].Shape, right.Entries[name].Shape);
            Assert.Equal(left.Read<double>(name), right.Read<double>(name));
        }
    }
}
