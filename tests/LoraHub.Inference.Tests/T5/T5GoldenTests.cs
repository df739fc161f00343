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
        using var rows = new GoldenRows(model, golden);
        var (encoderStates, decoderStates) = (new List<Tensor>(), new List<Tensor>());

        var encoded = model.Encode(rows.Inputs, null, encoderStates, TestContext.Current.CancellationToken);
        var decoded = model.Decode(rows.DecoderInputs, encoded, null, decoderStates, TestContext.Current.CancellationToken);

        Assert.Equal(GoldenRows.Rows(golden.Read("decoder_input_ids")), rows.DecoderInputs.Rows);
        AssertStates(golden, "encoder_last_hidden_state", rows.Inputs, encoded.States);
        AssertStates(golden, "decoder_last_hidden_state", rows.DecoderInputs, decoded);
        GoldenTensors.AssertClose(golden.Read("logits"), rows.DecoderInputs.Pad(model.Logits(decoded)), LogitTolerance, "logits");
        AssertLayers(golden, "encoder_hidden_states", rows.Inputs, [.. encoderStates, encoded.States]);
        AssertLayers(golden, "decoder_hidden_states", rows.DecoderInputs, [.. decoderStates, decoded]);
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
        GoldenTensors.AssertClose(expected.GetProperty("loss_float64").GetDouble(), exactLoss, Golden.Tolerance(1e-9, 5e-7), "loss in double");
        Assert.All(
            expected.GetProperty("example_loss").EnumerateArray().Select(value => value.GetDouble()).Zip(rows),
            pair => GoldenTensors.AssertClose(pair.First, pair.Second, LossTolerance, "example_loss"));

        (double Mean, double[] Rows) Losses(ScalarType type)
        {
            using var model = TestModels.Tiny(name, type);
            using var batch = new GoldenRows(model, golden);
            var losses = batch.Losses(null);
            return (batch.Loss(null),
                [.. losses.Zip(batch.Labels, (row, labels) => row.Sum() / labels.Count(label => label != TeacherForcing.Ignored))]);
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
            var questions = golden.GetProperty("input_ids").Deserialize<int[][]>()!;

            var generated = GreedyDecoder.Generate(model, questions, null, golden.GetProperty("max_new_tokens").GetInt32(),
                TestContext.Current.CancellationToken);

            Assert.Equal(golden.GetProperty("ids").Deserialize<int[][]>()!, generated.Select(row => row.Prepend(0).ToArray()));
        }

        Assert.Equal(3, cases.Length);
    }

    [Fact]
    public void Decoding_token_by_token_gives_the_logits_of_decoding_all_at_once()
    {
        using var scope = NewDisposeScope();
        using var model = TestModels.Tiny("tiny-v1_1", ScalarType.Float32);
        using var golden = GoldenTensors.Open("t5/tiny-v1_1.long_target.safetensors");
        using var rows = new GoldenRows(model, golden);
        var (ids, length) = (rows.DecoderInputs.Rows, rows.DecoderInputs.Longest);
        var memories = model.Read(rows.Inputs, null);
        AnswerRow[] answers = [.. memories.Select(memory => new AnswerRow(memory, length))];
        var positions = model.AnswerPositions(length);

        var logits = stack(Enumerable.Range(0, length).Select(place => model.Answer([.. ids.Select(row => row[place])], answers, positions, null)), 1);

        GoldenTensors.AssertClose(golden.Read("logits"), logits, LogitTolerance, "logits");
        Array.ForEach(answers, row => row.Dispose());
        Assert.All(memories, memory => memory.Return());
    }

    [Fact]
    public void A_forward_pass_leaves_no_tensors_behind()
    {
        using var outer = NewDisposeScope();
        using var model = TestModels.Tiny("tiny-v1_1", ScalarType.Float32);
        using var golden = GoldenTensors.Open("t5/tiny-v1_1.mixed.safetensors");
        using var rows = new GoldenRows(model, golden);
        var questions = rows.Inputs.Rows;
        var before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;

        using (NewDisposeScope())
        {
            rows.Answers.TokenLosses(model, rows.Inputs, null, cancellationToken: TestContext.Current.CancellationToken);
            GreedyDecoder.Generate(model, questions, null, 5, TestContext.Current.CancellationToken);
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

        Assert.Throws<OperationCanceledException>(() => GreedyDecoder.Generate(model, [[5, 1]], null, 20, canceled.Token));
    }

    static void AssertLayers(TensorReader golden, string name, TokenRows rows, IReadOnlyList<Tensor> actual)
    {
        if (!golden.Entries.ContainsKey($"{name}.0"))
        {
            return; // only the batch `mixed` has them
        }

        for (var layer = 0; layer < actual.Count; layer++)
        {
            AssertStates(golden, $"{name}.{layer}", rows, actual[layer]);
        }
    }

    // After a row's end there is padding, whose states are unused; our model has none.
    static void AssertStates(TensorReader golden, string name, TokenRows rows, Tensor actual) =>
        GoldenTensors.AssertClose(cat([.. rows.Rows.Select((row, b) => golden.Read(name)[b].narrow(0, 0, row.Length))], 0), actual,
            LogitTolerance, name);
}
