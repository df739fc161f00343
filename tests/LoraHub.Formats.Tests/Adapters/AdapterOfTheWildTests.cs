using LoraHub.Formats.Adapters;
using LoraHub.Formats.Tensors;

namespace LoraHub.Formats.Tests.Adapters;

/// <summary>Configurations as people publish them: what changes nothing is taken, and what would is refused by its name.</summary>
public sealed class AdapterOfTheWildTests : IDisposable
{
    const string Q = "encoder.block.0.layer.0.SelfAttention.q", V = "encoder.block.0.layer.0.SelfAttention.v";

    readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("\"bias\": \"lora_only\"")]
    [InlineData("\"bias\": \"all\"")]
    [InlineData("\"fan_in_fan_out\": true")]
    [InlineData("\"modules_to_save\": [\"classifier\"]")]
    [InlineData("\"init_lora_weights\": \"gaussian\"")]
    [InlineData("\"init_lora_weights\": \"orthogonal\"")]
    [InlineData("\"init_lora_weights\": \"eva\"")]
    [InlineData("\"init_lora_weights\": false")]
    [InlineData("\"rank_pattern\": {}, \"alpha_pattern\": null")]
    [InlineData("\"layer_replication\": null, \"loftq_config\": {}, \"corda_config\": null")]
    public void What_has_no_tensors_of_its_own_changes_nothing(string field)
    {
        var layout = AdapterLayout.Read(Factors((Q, 2), (V, 2)), Config(field));

        Assert.Equal([2.0, 2.0], layout.Slots.Select(slot => slot.Scaling));
        Assert.True(layout.IsUniform);
    }

    [Theory]
    [InlineData("\"init_lora_weights\": \"pissa_niter_16\"", "pissa_niter_16")]
    [InlineData("\"init_lora_weights\": \"olora\"", "olora")]
    [InlineData("\"init_lora_weights\": \"corda\"", "corda")]
    [InlineData("\"init_lora_weights\": \"loftq\"", "loftq")]
    [InlineData("\"use_dora\": true", "DoRA")]
    [InlineData("\"layer_replication\": [[0, 4], [2, 6]]", "layer_replication")]
    [InlineData("\"alora_invocation_tokens\": [1, 2]", "alora_invocation_tokens")]
    [InlineData("\"rank_pattern\": {\"q\": \"3\"}", "rank_pattern with a value that is not a number")]
    [InlineData("\"rank_pattern\": {\"q\": 2.5}", "rank_pattern of 2.5")]
    [InlineData("\"rank_pattern\": {\"q\": 0}", "rank_pattern of 0")]
    [InlineData("\"rank_pattern\": [1]", "rank_pattern that is not an object")]
    [InlineData("\"alpha_pattern\": {\"(\": 3}", "alpha_pattern with a key that is not a pattern")]
    [InlineData("\"lora_alpha\": null", "`lora_alpha` is missing, null or of another type")]
    [InlineData("\"r\": \"8\"", "`r` is missing, null or of another type")]
    public void What_changes_the_update_is_refused_by_its_name(string field, string message)
    {
        var refused = Assert.Throws<AdapterException>(() => AdapterLayout.Read(Factors((Q, 2), (V, 2)), Config(field)));

        Assert.StartsWith("adapter_config.json ", refused.Message, StringComparison.Ordinal);
        Assert.Contains(message, refused.Message, StringComparison.Ordinal);
    }

    /// <summary>
    /// As PEFT's get_pattern_key: the whole name, or its end after a dot; keys are regular expressions; the first that matches counts.
    /// </summary>
    [Theory]
    [InlineData("\"rank_pattern\": {\"q\": 3}, \"alpha_pattern\": {\"q\": 9}", 3, 3.0, 2, 2.0)]
    [InlineData("\"rank_pattern\": {\"encoder.block.0.layer.0.SelfAttention.q\": 3}", 3, 4.0 / 3, 2, 2.0)]
    [InlineData("\"alpha_pattern\": {\"SelfAttention.v\": 1}", 2, 2.0, 2, 0.5)]
    [InlineData("\"rank_pattern\": {\"block.[0-9]+.*q\": 4}, \"alpha_pattern\": {\"x\": 7}", 4, 1.0, 2, 2.0)]
    [InlineData("\"rank_pattern\": {\"ttention.q\": 3}", 2, 2.0, 2, 2.0)]
    [InlineData("\"rank_pattern\": {\".*\": 2, \"q\": 5}", 2, 2.0, 2, 2.0)]
    [InlineData("\"rank_pattern\": {\"q\": 4}, \"use_rslora\": true", 4, 2.0, 2, 2.8284271247461898)]
    public void A_pattern_gives_a_layer_its_own_rank_and_alpha(string field, int rankOfQ, double scalingOfQ, int rankOfV, double scalingOfV)
    {
        var layout = AdapterLayout.Read(Factors((Q, rankOfQ), (V, rankOfV)), Config(field));

        Assert.Equal([(rankOfQ, scalingOfQ), (rankOfV, scalingOfV)], layout.Slots.Select(slot => (slot.Rank, slot.Scaling)));
        Assert.Equal(Math.Max(rankOfQ, rankOfV), layout.Rank);
        Assert.Equal(4 * (rankOfQ + rankOfV) * 2, layout.Size);
    }

    [Fact]
    public void A_rank_that_is_not_the_patterns_is_refused() => Assert.Contains(
        "do not match r 3",
        Assert.Throws<AdapterException>(() => AdapterLayout.Read(Factors((Q, 2)), Config("\"rank_pattern\": {\"q\": 3}"))).Message,
        StringComparison.Ordinal);

    [Theory]
    [InlineData("base_model.model.lm_head.lora_A.weight", "adapts `lm_head`, the model's output layer")]
    [InlineData("base_model.model.encoder.block.0.layer.0.SelfAttention.q.bias", "which is not a LoRA factor")]
    [InlineData("base_model.model.encoder.block.0.layer.0.SelfAttention.q.lora_B.bias", "which is not a LoRA factor")]
    [InlineData("base_model.model.encoder.block.0.layer.0.SelfAttention.q.lora_magnitude_vector", "which is not a LoRA factor")]
    [InlineData("base_model.model.shared.lora_embedding_A", "which is not a LoRA factor")]
    [InlineData("base_model.model.classifier.weight", "which is not a LoRA factor")]
    public void A_tensor_that_is_not_composed_is_refused_truly(string name, string message)
    {
        var entries = Factors((Q, 2));
        entries[name] = new TensorEntry(name, DType.Float32, [2, 4]);

        var refused = Assert.Throws<AdapterException>(() => AdapterLayout.Read(entries, Config("\"bias\": \"lora_only\"")));
        Assert.Contains(message, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_configuration_is_called_missing_and_no_folder_is_shown() =>
        Assert.Equal("adapter_config.json is missing.", Assert.Throws<AdapterException>(() => AdapterConfig.Load(_folder.Path)).Message);

    AdapterConfig Config(string field)
    {
        var fields = field.StartsWith("\"r\"", StringComparison.Ordinal) ? field : $"\"r\": 2, {field}";
        fields = fields.Contains("lora_alpha", StringComparison.Ordinal) ? fields : $"\"lora_alpha\": 4, {fields}";
        _folder.File("adapter_config.json", $$"""{"peft_type": "LORA", "base_model_name_or_path": "some/base", {{fields}}}""");
        return AdapterConfig.Load(_folder.Path);
    }

    static Dictionary<string, TensorEntry> Factors(params (string Layer, int Rank)[] layers) => layers.SelectMany(layer => new[]
    {
        new TensorEntry(AdapterLayout.Key(layer.Layer, "lora_A"), DType.Float32, [layer.Rank, 4]),
        new TensorEntry(AdapterLayout.Key(layer.Layer, "lora_B"), DType.Float32, [4, layer.Rank]),
    }).ToDictionary(entry => entry.Name, StringComparer.Ordinal);
}
