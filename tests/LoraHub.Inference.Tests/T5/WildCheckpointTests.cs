using System.Text.Json;
using System.Text.Json.Nodes;
using LoraHub.Formats.ModelConfig;
using LoraHub.Inference.T5;

using static TorchSharp.torch;

namespace LoraHub.Inference.Tests.T5;

/// <summary>Folders that transformers takes and that differ from the one it writes, with the reference's loss; and those that are refused.</summary>
public sealed class WildCheckpointTests
{
    const string Shared = "shared.weight", Encoder = "encoder.embed_tokens.weight", Decoder = "decoder.embed_tokens.weight", Head = "lm_head.weight";

    [Theory]
    [InlineData(Encoder)]
    [InlineData(Decoder)]
    public void The_embedding_may_have_the_name_of_either_stack_alone(string name)
    {
        using var folder = new WildFolder("tiny-v1_1");
        folder.Rename(Shared, name);

        AssertGolden("tiny-v1_1", folder.Write());
    }

    [Fact]
    public void A_tied_embedding_may_have_the_name_of_the_head_alone()
    {
        using var folder = new WildFolder("tiny-v1_0");
        folder.Rename(Shared, Head);

        AssertGolden("tiny-v1_0", folder.Write());
    }

    [Theory]
    [InlineData("tiny-v1_1", Encoder, Decoder)]
    [InlineData("tiny-v1_0", Decoder, Head)]
    public void Of_tied_copies_that_differ_the_last_one_counts_as_in_transformers(string model, string wrong, string right)
    {
        using var folder = new WildFolder(model);
        folder.Tensors[right] = folder.Tensors[Shared];
        folder.Tensors[Shared] = zeros_like(folder.Tensors[right]);
        folder.Tensors[wrong] = ones_like(folder.Tensors[right]);

        AssertGolden(model, folder.Write());
    }

    [Fact]
    public void A_model_saved_inside_a_task_class_is_found()
    {
        using var folder = new WildFolder("tiny-v1_0");
        foreach (var name in folder.Tensors.Keys.ToArray())
        {
            folder.Rename(name, "transformer." + name);
        }

        folder.Tensors["classification_head.dense.weight"] = ones(2, 2);

        AssertGolden("tiny-v1_0", folder.Write());
    }

    [Fact]
    public void A_stray_tensor_in_a_file_is_passed_over_whatever_its_type()
    {
        using var folder = new WildFolder("tiny-v1_1");
        folder.Tensors["v_head.summary.weight"] = ones(3, dtype: ScalarType.Int64);

        AssertGolden("tiny-v1_1", folder.Write());
    }

    [Fact]
    public void A_stray_tensor_in_a_shard_is_passed_over()
    {
        using var folder = new WildFolder("tiny-v1_1");
        folder.Tensors["v_head.summary.weight"] = ones(3);

        AssertGolden("tiny-v1_1", folder.WriteShards(index => index.Remove("v_head.summary.weight")));
    }

    [Fact]
    public void An_index_may_list_tied_copies_that_no_shard_has()
    {
        using var folder = new WildFolder("tiny-v1_1");

        AssertGolden("tiny-v1_1", folder.WriteShards(index =>
        {
            index[Decoder] = index[Shared]!.DeepClone();
            index[Encoder] = index[Shared]!.DeepClone();
        }));
    }

    [Fact]
    public void A_tensor_that_the_index_forgets_is_read_from_its_shard()
    {
        using var folder = new WildFolder("tiny-v1_1");

        AssertGolden("tiny-v1_1", folder.WriteShards(index => index.Remove("decoder.final_layer_norm.weight")));
    }

    [Theory]
    [InlineData(Head)]
    [InlineData("encoder.block.0.layer.0.SelfAttention.q.weight")]
    public void A_tensor_that_the_model_needs_and_no_file_has_is_named(string name)
    {
        using var folder = new WildFolder("tiny-v1_1");
        folder.Tensors.Remove(name);

        AssertRefused(folder.Write(), $"the checkpoint lacks the tensor `{name}`");
    }

    [Theory]
    [InlineData(ScalarType.Int8)]
    [InlineData(ScalarType.Byte)]
    [InlineData(ScalarType.Int32)]
    public void Integers_are_never_taken_for_weights(ScalarType type)
    {
        using var folder = new WildFolder("tiny-v1_1");
        const string name = "decoder.block.0.layer.2.DenseReluDense.wo.weight";
        folder.Tensors[name + "_SCB"] = ones(4);
        folder.Tensors[name] = folder.Tensors[name].mul(100).to(type);

        AssertRefused(folder.Write(), $"`{name}` is of type {type}: quantized checkpoints are not supported");
    }

    [Theory]
    [InlineData("""{"quantization_config": {"load_in_8bit": true}}""", "quantization_config: quantized checkpoints are not supported")]
    [InlineData("""{"quantization_config": {"quant_method": "gptq"}}""", "quantization_config: quantized checkpoints are not supported")]
    [InlineData("""{"d_model": "many"}""", "config.json has d_model \"many\", which is not a value of that setting")]
    [InlineData("""{"num_heads": 2.5}""", "config.json has num_heads 2.5")]
    [InlineData("""{"model_type": "umt5"}""", "a model of type `umt5`; only `t5` and `mt5` are supported")]
    [InlineData("""{"feed_forward_proj": "gated-silu"}""", "feed_forward_proj `gated-silu`")]
    [InlineData("""{"pad_token_id": -1}""", "pad_token_id -1")]
    [InlineData("""{"num_layers": 2147483647}""", "num_layers 2147483647, but the checkpoint has no tensor `encoder.block.2147483646.…`")]
    [InlineData("""{"num_decoder_layers": 9}""", "num_decoder_layers 9, but the checkpoint has no tensor `decoder.block.8.…`")]
    [InlineData("""{"eos_token_id": "</s>"}""", "eos_token_id \"</s>\"; a token is a whole number")]
    [InlineData("""{"eos_token_id": 1000000}""", "eos_token_id 1000000")]
    public void A_configuration_that_cannot_be_followed_is_refused_in_plain_words(string change, string message)
    {
        using var folder = new WildFolder("tiny-v1_1");
        Change(folder.Config, change);

        var refusal = AssertRefused(folder.Write(), message);
        Assert.DoesNotContain("System.", refusal, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"decoder_start_token_id": null}""")]
    [InlineData("""{"decoder_start_token_id": null, "pad_token_id": null, "eos_token_id": null, "quantization_config": null}""")]
    [InlineData("""{"num_decoder_layers": null, "relative_attention_max_distance": null, "layer_norm_epsilon": null}""")]
    [InlineData("""{"model_type": null, "eos_token_id": [1]}""")]
    [InlineData("""{"model_type": "mt5"}""")]
    public void Null_is_a_missing_setting_and_mT5_is_T5(string change)
    {
        using var folder = new WildFolder("tiny-v1_1");
        Change(folder.Config, change);

        AssertGolden("tiny-v1_1", folder.Write());
    }

    [Fact]
    public void What_an_mT5_leaves_out_is_what_transformers_assumes_for_it()
    {
        using var folder = new WildFolder("tiny-v1_1");
        folder.Config.Clear();
        folder.Config["model_type"] = "mt5";
        folder.Write();

        var config = T5Config.Load(folder.Path);

        Assert.Equal((250112, 1024, 8, 6), (config.VocabSize, config.DFf, config.NumLayers, config.NumHeads));
        Assert.True(config.IsGated && !config.TieWordEmbeddings);
    }

    static void Change(JsonObject config, string change)
    {
        foreach (var (name, value) in JsonNode.Parse(change)!.AsObject())
        {
            config[name] = value?.DeepClone();
        }
    }

    static void AssertGolden(string model, WildFolder folder)
    {
        using var scope = NewDisposeScope();
        using var golden = GoldenTensors.Open($"t5/{model}.mixed.safetensors");
        using var loaded = T5Model.Load(folder.Path, CPU, _ => ScalarType.Float32);
        using var rows = new GoldenRows(loaded, golden);
        var expected = JsonDocument.Parse(File.ReadAllText(Golden.Path($"t5/{model}.expected.json"))).RootElement.GetProperty("mixed");

        GoldenTensors.AssertClose(expected.GetProperty("loss").GetDouble(), rows.Loss(null), 5e-6, "loss");
    }

    static string AssertRefused(WildFolder folder, string message)
    {
        var refusal = Assert.Throws<ModelException>(() => T5Model.Load(folder.Path, CPU, _ => ScalarType.Float32)).Message;
        Assert.Contains(message, refusal, StringComparison.Ordinal);
        return refusal;
    }
}
