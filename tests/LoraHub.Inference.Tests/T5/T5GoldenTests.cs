using System.Text.Json;

using LoraHub.Inference.Checkpoints;
using LoraHub.Inference.T5;

using TorchSharp;

using static TorchSharp.torch;

namespace LoraHub.Inference.Tests.T5;

/// <summary>Two tiny random models against transformers 4.31 (tests/golden/README.md, "t5/").</summary>
public sealed class T5GoldenTests
{
    const double LogitTolerance = 2e-5;
    const double LossTolerance = 5e-6;

    public static TheoryData<string, string> Batches()
    {
        var batches = new TheoryData<string, string>();
        foreach (var model in (string[])["tiny-v1_1", "tiny-v1_0"])
        {
            foreach (var batch in (string[])["single", "mixed", "long", "long_target", "hole", "ignored_inside"])
            {
                batches.Add(model, batch);
            }
        }

        return batches;
    }

    [Theory]
    [MemberData(nameof(Batches))]
    public void Hidden_states_and_logits_are_those_of_the_reference(string name, string batch)
    {
        using var scope = NewDisposeScope();
        using var model = TestModels.Tiny(name, ScalarType.Float32);
        using var golden = GoldenTensors.Open($"t5/{name}.{batch}.safetensors");
        var (encoderStates, decoderStates) = (new List<Tensor>(), new List<Tensor>());

        var encoded = model.Encode(golden.Read("input_ids"), golden.Read("attention_mask"), null, encoderStates);
        var inputs = TeacherForcing.DecoderInputs(model, golden.Read("labels"));
        var decoded = model.Decode(inputs, encoded, null, null, decoderStates);

        GoldenTensors.AssertClose(golden.Read("decoder_input_ids"), inputs, 0, "decoder_input_ids");
        GoldenTensors.AssertClose(golden.Read("encoder_last_hidden_state"), encoded.States, LogitTolerance, "encoder_last_hidden_state");
        GoldenTensors.AssertClose(golden.Read("decoder_last_hidden_state"), decoded, LogitTolerance, "decoder_last_hidden_state");
        GoldenTensors.AssertClose(golden.Read("logits"), model.Logits(decoded), LogitTolerance, "logits");
        AssertLayers(golden, "encoder_hidden_states", [.. encoderStates, encoded.States]);
        AssertLayers(golden, "decoder_hidden_states", [.. decoderStates, decoded]);
    }

    [Theory]
    [MemberData(nameof(Batches))]
    public void Losses_are_those_of_the_reference(string name, string batch)
    {
        using var scope = NewDisposeScope();
        using var golden = GoldenTensors.Open($"t5/{name}.{batch}.safetensors");
        var expected = JsonDocument.Parse(File.ReadAllText(Golden.Path($"t5/{name}.expected.json"))).RootElement.GetProperty(batch);

        var (loss, rows) = Losses(ScalarType.Float32);
        var (exactLoss, _) = Losses(ScalarType.Float64);

        GoldenTensors.AssertClose(expected.GetProperty("loss").GetDouble(), loss, LossTolerance, "loss");
        GoldenTensors.AssertClose(expected.GetProperty("loss_float64").GetDouble(), exactLoss, 1e-9, "loss in double");
        Assert.All(
            expected.GetProperty("example_loss").EnumerateArray().Select(value => value.GetDouble()).Zip(rows),
            pair => GoldenTensors.AssertClose(pair.First, pair.Second, LossTolerance, "example_loss"));

        (double Mean, double[] Rows) Losses(ScalarType type)
        {
            using var model = TestModels.Tiny(name, type);
            var labels = golden.Read("labels");
            var counted = labels.ne(TeacherForcing.Ignored);
            var losses = TeacherForcing.TokenLosses(model, golden.Read("input_ids"), golden.Read("attention_mask"), labels, null).to(ScalarType.Float64);
            return ((losses.sum() / counted.sum()).item<double>(), [.. losses.sum(1).div(counted.sum(1)).data<double>()]);
        }
    }

    [Theory]
    [InlineData("tiny-v1_1")]
    [InlineData("tiny-v1_0")]
    public void Greedy_generation_gives_the_ids_of_the_reference(string name)
    {
        using var scope = NewDisposeScope();
        using var model = TestModels.Tiny(name, ScalarType.Float32);
        var cases = JsonDocument.Parse(File.ReadAllText(Golden.Path($"t5/{name}.generate.json"))).RootElement.EnumerateArray().ToArray();

        foreach (var golden in cases)
        {
            var rows = golden.GetProperty("input_ids").Deserialize<long[][]>()!;
            var ids = tensor(rows.SelectMany(row => row).ToArray(), [rows.Length, rows[0].Length]);

            var generated = GreedyDecoder.Generate(model, ids, null, golden.GetProperty("max_new_tokens").GetInt32(), TestContext.Current.CancellationToken);

            Assert.Equal(golden.GetProperty("ids").Deserialize<long[][]>()!, generated.Select(row => row.Prepend(0).ToArray()));
        }

        Assert.Equal(3, cases.Length);
    }

    [Fact]
    public void Generation_with_a_cache_gives_the_logits_of_decoding_all_at_once()
    {
        using var scope = NewDisposeScope();
        using var model = TestModels.Tiny("tiny-v1_1", ScalarType.Float32);
        using var golden = GoldenTensors.Open("t5/tiny-v1_1.long_target.safetensors");
        using var cache = new DecoderCache(model.Config.DecoderLayers);
        var encoded = model.Encode(golden.Read("input_ids"), golden.Read("attention_mask"), null);
        var inputs = golden.Read("decoder_input_ids");

        // The first 100 positions at once, then one at a time.
        var states = new List<Tensor> { model.Decode(inputs.narrow(1, 0, 100), encoded, null, cache) };
        for (var position = 100; position < inputs.shape[1]; position++)
        {
            states.Add(model.Decode(inputs.narrow(1, position, 1), encoded, null, cache));
        }

        GoldenTensors.AssertClose(golden.Read("logits"), model.Logits(cat(states, 1)), LogitTolerance, "logits");
    }

    [Fact]
    public void Nothing_stays_alive_after_a_pass()
    {
        using var outer = NewDisposeScope();
        using var model = TestModels.Tiny("tiny-v1_1", ScalarType.Float32);
        using var golden = GoldenTensors.Open("t5/tiny-v1_1.mixed.safetensors");
        var (ids, mask, labels) = (golden.Read("input_ids"), golden.Read("attention_mask"), golden.Read("labels"));
        var before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;

        using (NewDisposeScope())
        {
            TeacherForcing.TokenLosses(model, ids, mask, labels, null);
            GreedyDecoder.Generate(model, ids, null, 5, TestContext.Current.CancellationToken);
        }

        Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }

    [Fact]
    public void Generation_stops_within_one_token_when_canceled()
    {
        using var scope = NewDisposeScope();
        using var model = TestModels.Tiny("tiny-v1_1", ScalarType.Float32);
        using var canceled = new CancellationTokenSource();
        canceled.Cancel();

        Assert.Throws<OperationCanceledException>(() => GreedyDecoder.Generate(model, tensor([5L, 1L], [1, 2]), null, 20, canceled.Token));
    }

    static void AssertLayers(ICheckpoint golden, string name, IReadOnlyList<Tensor> actual)
    {
        if (!golden.Entries.ContainsKey($"{name}.0"))
        {
            return; // only the batch `mixed` has them
        }

        for (var layer = 0; layer < actual.Count; layer++)
        {
            GoldenTensors.AssertClose(golden.Read($"{name}.{layer}"), actual[layer], LogitTolerance, $"{name}.{layer}");
        }
    }
}
