using System.Text.Json;

using LoraHub.Core.Predictions.Inputs;
using LoraHub.Formats.ModelConfig;
using LoraHub.Inference.Generation;
using LoraHub.Inference.T5;

using static TorchSharp.torch;

namespace LoraHub.Inference.Tests.Generation;

/// <summary>Expected values: tests/golden/decoding.</summary>
public sealed class BeamDecodingTests
{
    static readonly JsonSerializerOptions SnakeCase = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    [Fact]
    public void Answers_over_tables_are_those_of_an_independent_search()
    {
        Assert.All(Cases<TableCase>("beams.json"), expected =>
        {
            var decoding = new BeamDecoding(Generation(expected.Ends), expected.Beams, expected.MaxNewTokens);

            var steps = DecodingRun.Steps(decoding, 0, rows => DecodingRun.Logits(expected.Table, rows));

            Assert.Equal(expected.Ids, steps.SelectMany(tokens => tokens));
            Assert.Equal(expected.Steps, steps.Count);
        });
    }

    [Theory]
    [InlineData("tiny-v1_0")]
    [InlineData("tiny-v1_1")]
    public void Answers_of_the_tiny_models_are_those_of_an_independent_search_and_model(string name)
    {
        using var model = TestModels.Tiny(name, ScalarType.Float32);
        Assert.All(Cases<ModelCase>("beams.t5.json").Where(row => row.Model == name), expected =>
        {
            var decoding = new BeamDecoding(model.Generation with { EndTokenIds = expected.Ends }, expected.Beams, expected.MaxNewTokens);

            Assert.Equal(expected.Ids, DecodingRun.Ids(decoding, model.Generation.StartTokenId, rows => LastLogits(model, expected.InputIds, rows)));
        });
    }

    /// <summary>With more beams than there are answers, the search is exhaustive: the answer is the best of all that can be written down.</summary>
    [Fact]
    public void As_many_beams_as_answers_find_the_best_of_all_answers()
    {
        var random = new Random(18);
        for (var seed = 0; seed < 200; seed++)
        {
            var (vocabulary, maxNewTokens) = (random.Next(3, 5), random.Next(1, 5));
            int[] ends = random.Next(2) == 0 ? [1] : [2, 1];
            var table = Table(random, maxNewTokens, vocabulary);
            var all = AllAnswers(table, ends, maxNewTokens).ToArray();
            var best = all.MaxBy(answer => answer.Score).Ids;

            var decoding = new BeamDecoding(Generation(ends), Math.Max(2, all.Length), maxNewTokens);

            // Whichever end token it was, transformers writes the first.
            Assert.Equal(
                best.Select(id => ends.Contains(id) ? ends[0] : id), DecodingRun.Ids(decoding, 0, rows => DecodingRun.Logits(table, rows)));
        }
    }

    [Fact]
    public void Tokens_that_all_beams_and_the_best_answer_share_are_settled_before_the_end()
    {
        var table = Enumerable.Range(0, 5).Select(_ => Enumerable.Range(0, 5).Select(_ => new float[5]).ToArray()).ToArray();
        table[0][0] = [0, 0, 50, 0, 0]; // 2; the second beam begins otherwise, however improbable that is
        table[1][2] = [0, 0, 0, 3, 2]; // 2 3 and 2 4
        table[2][4] = [0, 0, 50, 0, 0]; // 2 4 2 and 2 3 0
        table[3][2] = [0, 60, 0, 0, 0]; // both end, 2 4 2 as the best; its continuations are the best beams
        table[3][0] = [0, 60, 0, 0, 0];

        var steps = DecodingRun.Steps(new BeamDecoding(Generation([1]), 2, 9), 0, rows => DecodingRun.Logits(table, rows));

        Assert.Equal([[], [2], [], [4, 2], [1]], steps);
    }

    [Fact]
    public void One_beam_decodes_greedily_and_a_temperature_samples()
    {
        var input = new PromptInput { Prompt = "a", MaxNewTokens = 5, Temperature = 0, TopP = 1, TopK = 0, Beams = 1 };
        var random = new Random(18);
        for (var seed = 0; seed < 100; seed++)
        {
            var table = Table(random, 5, 6);
            int[] Run(Decoding decoding) => DecodingRun.Ids(decoding, 0, rows => DecodingRun.Logits(table, rows));
            var expected = new List<int>();
            while (expected.Count < 5 && !expected.Contains(1))
            {
                var logits = table[expected.Count][expected.LastOrDefault()];
                expected.Add(Array.IndexOf(logits, logits.Max()));
            }

            Assert.Equal(expected, Run(Decoding.For(input, Generation([1]), seed)));
            Assert.Equal(expected, Run(Decoding.For(input with { Temperature = 1, TopK = 1 }, Generation([1]), seed)));
        }

        Assert.IsType<GreedyDecoding>(Decoding.For(input, Generation([1]), 0));
        Assert.IsType<BeamDecoding>(Decoding.For(input with { Beams = 2 }, Generation([1]), 0));
        Assert.IsType<SamplingDecoding>(Decoding.For(input with { Temperature = 0.1 }, Generation([1]), 0));
    }

    [Fact]
    public void Logits_that_are_no_numbers_end_at_the_limit()
    {
        var ids = DecodingRun.Ids(new BeamDecoding(Generation([1]), 3, 4), 0, rows => full(rows.Length, 8, float.NaN));

        Assert.Equal(4, ids.Length);
    }

    // Without a cache, so that rows may be reordered freely.
    static Tensor LastLogits(T5Model model, int[] input, int[][] rows)
    {
        using var inputs = TokenRows.Of([.. rows.Select(_ => input)], CPU);
        using var outputs = TokenRows.Of(rows, CPU);
        var logits = model.Logits(model.Decode(outputs, model.Encode(inputs, null), null)); // (rows · length, vocabulary)
        return logits.view(rows.Length, rows[0].Length, -1)[.., -1];
    }

    static float[][][] Table(Random random, int steps, int vocabulary) =>
    [
        .. Enumerable.Range(0, steps).Select(_ => (float[][])[.. Enumerable.Range(0, vocabulary).Select(_ =>
            (float[])[.. Enumerable.Range(0, vocabulary).Select(_ => (float)(4 * random.NextDouble()))])]),
    ];

    static IEnumerable<(int[] Ids, double Score)> AllAnswers(float[][][] table, int[] ends, int maxNewTokens)
    {
        var partial = new List<(int[] Ids, double Sum)> { ([], 0) };
        for (var step = 0; step < maxNewTokens; step++)
        {
            var longer = new List<(int[] Ids, double Sum)>();
            foreach (var (ids, sum) in partial)
            {
                var logits = table[step][ids.Length == 0 ? 0 : ids[^1]];
                var whole = Math.Log(logits.Sum(logit => Math.Exp(logit)));
                longer.AddRange(logits.Select((logit, token) => ((int[])[.. ids, token], sum + logit - whole)));
            }

            // Divided by all tokens with the end; without an end, the start token counts.
            foreach (var (ids, sum) in longer)
            {
                if (ends.Contains(ids[^1]))
                {
                    yield return (ids, sum / ids.Length);
                }
                else if (step == maxNewTokens - 1)
                {
                    yield return (ids, sum / (ids.Length + 1));
                }
            }

            partial = [.. longer.Where(answer => !ends.Contains(answer.Ids[^1]))];
        }
    }

    static GenerationConfig Generation(int[] ends) => new(StartTokenId: 0, ends, PadTokenId: 0, Ignored: []);

    static T[] Cases<T>(string file) => JsonSerializer.Deserialize<T[]>(File.ReadAllText(Golden.Path($"decoding/{file}")), SnakeCase)!;

    sealed record TableCase(int[] Ends, int Beams, int MaxNewTokens, float[][][] Table, int[] Ids, int Steps);

    sealed record ModelCase(string Model, int[] InputIds, int[] Ends, int Beams, int MaxNewTokens, int[] Ids);
}
