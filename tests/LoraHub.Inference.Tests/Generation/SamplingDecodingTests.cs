using System.Text.Json;

using LoraHub.Core.Predictions.Inputs;
using LoraHub.Formats.ModelConfig;
using LoraHub.Inference.Generation;

using static TorchSharp.torch;

namespace LoraHub.Inference.Tests.Generation;

public sealed class SamplingDecodingTests
{
    const int Draws = 20_000;

    static readonly GenerationConfig Generation = new(StartTokenId: 0, EndTokenIds: [99], PadTokenId: 0, Ignored: []);

    // Logarithms of 0.4, 0.2, 0.2, 0.1, 0.06 and 0.04.
    static readonly float[] Logits = [.. ((double[])[0.2, 0.06, 0.4, 0.1, 0.2, 0.04]).Select(probability => (float)Math.Log(probability))];

    [Theory]
    [InlineData(1, 0, 1, new[] { 0.2, 0.06, 0.4, 0.1, 0.2, 0.04 })]
    [InlineData(0.5, 0, 1, new[] { 0.04, 0.0036, 0.16, 0.01, 0.04, 0.0016 })]
    [InlineData(2, 0, 1, new[] { 0.447214, 0.244949, 0.632456, 0.316228, 0.447214, 0.2 })]
    [InlineData(1, 1, 1, new double[] { 0, 0, 1, 0, 0, 0 })]
    [InlineData(1, 2, 1, new[] { 0.2, 0, 0.4, 0, 0.2, 0 })] // both that are second
    [InlineData(1, 4, 1, new[] { 0.2, 0, 0.4, 0.1, 0.2, 0 })]
    [InlineData(1, 6, 1, new[] { 0.2, 0.06, 0.4, 0.1, 0.2, 0.04 })]
    [InlineData(1, 7, 1, new[] { 0.2, 0.06, 0.4, 0.1, 0.2, 0.04 })]
    [InlineData(1, 0, 0, new double[] { 0, 0, 1, 0, 0, 0 })]
    [InlineData(1, 0, 0.39, new double[] { 0, 0, 1, 0, 0, 0 })]
    [InlineData(1, 0, 0.41, new[] { 0, 0, 0.4, 0, 0.2, 0 })] // of the two that are second, the higher id
    [InlineData(1, 0, 0.61, new[] { 0.2, 0, 0.4, 0, 0.2, 0 })]
    [InlineData(1, 0, 0.95, new[] { 0.2, 0.06, 0.4, 0.1, 0.2, 0 })]
    [InlineData(1, 0, 0.97, new[] { 0.2, 0.06, 0.4, 0.1, 0.2, 0.04 })]
    [InlineData(1, 3, 0.76, new[] { 0.2, 0, 0.4, 0, 0.2, 0 })] // top_p of what top_k left: 0.5, 0.25 and 0.25
    [InlineData(1, 3, 0.74, new[] { 0, 0, 0.4, 0, 0.2, 0 })]
    [InlineData(0.5, 0, 0.6, new double[] { 0, 0, 1, 0, 0, 0 })] // the temperature comes first: 0.63 of the whole
    public void Tokens_are_drawn_from_the_shaped_distribution(double temperature, int topK, double topP, double[] weights)
    {
        double[] expected = [.. weights.Select(weight => weight / weights.Sum())];
        var input = Input(temperature, topK, topP);
        using var logits = tensor(Logits).unsqueeze(0);

        var probabilities = SamplingDecoding.Probabilities(logits, input)!;
        Assert.All(expected.Zip(probabilities), pair => Assert.Equal(pair.First, pair.Second, 1e-5));

        var decoding = new SamplingDecoding(Generation, input, seed: 18);
        var counts = new int[expected.Length];
        for (var draw = 0; draw < Draws; draw++)
        {
            counts[decoding.Next(logits).Tokens.Single()]++;
        }

        var possible = expected.Zip(counts).Where(pair => pair.First > 0).ToArray();
        Assert.Equal(Draws, possible.Sum(pair => pair.Second));

        // Chi-square of at most five degrees of freedom: more than 20.5 in one of a thousand samples. The seed is fixed, so that it stays as it is.
        Assert.InRange(possible.Sum(pair => Math.Pow(pair.Second - (Draws * pair.First), 2) / (Draws * pair.First)), 0, 20.5);
    }

    /// <summary>Expected values: tests/golden/decoding.</summary>
    [Fact]
    public void Distributions_are_those_of_an_independent_definition()
    {
        Assert.All(JsonDocument.Parse(File.ReadAllText(Golden.Path("decoding/sampling.json"))).RootElement.EnumerateArray(), expected =>
        {
            var input = Input(
                expected.GetProperty("temperature").GetDouble(), expected.GetProperty("top_k").GetInt32(), expected.GetProperty("top_p").GetDouble());
            using var logits = tensor(expected.GetProperty("logits").Deserialize<float[]>()!).unsqueeze(0);

            var pairs = expected.GetProperty("probabilities").Deserialize<double[]>()!.Zip(SamplingDecoding.Probabilities(logits, input)!);

            Assert.All(pairs, pair => Assert.Equal(pair.First, pair.Second, 1e-6));
            Assert.All(pairs, pair => Assert.Equal(pair.First == 0, pair.Second == 0));
        });
    }

    [Fact]
    public void The_probability_that_just_reaches_top_p_is_the_last()
    {
        // 0.25 each, exactly: the sums 0.25, 0.5, 0.75 and 1 have no rounding.
        using var logits = zeros(1, 4);

        Assert.Equal([0, 0, 0.5f, 0.5f], SamplingDecoding.Probabilities(logits, Input(1, 0, 0.5))!);
        Assert.Equal([0, 0, 0, 1f], SamplingDecoding.Probabilities(logits, Input(1, 0, 0.25))!);
        Assert.Equal([0.25f, 0.25f, 0.25f, 0.25f], SamplingDecoding.Probabilities(logits, Input(1, 0, 0.76))!);
    }

    [Fact]
    public void The_draw_of_a_step_depends_on_the_seed_and_the_step_alone()
    {
        using var logits = tensor(Logits).unsqueeze(0);
        int[] Run(long seed, int steps)
        {
            var decoding = new SamplingDecoding(Generation, Input(1, 0, 1), seed);
            return [.. Enumerable.Range(0, steps).Select(_ => decoding.Next(logits).Tokens.Single())];
        }

        Assert.Equal(Run(7, 64), Run(7, 64));
        Assert.Equal(Run(7, 64)[..10], Run(7, 10));
        Assert.NotEqual(Run(7, 64), Run(8, 64));
    }

    [Fact]
    public void The_lowest_temperatures_take_the_most_probable_token()
    {
        using var logits = tensor(Logits).unsqueeze(0);

        Assert.All((double[])[1e-3, 1e-38, 1e-45, double.Epsilon], temperature =>
            Assert.Equal([2], new SamplingDecoding(Generation, Input(temperature, 0, 1), seed: 1).Next(logits).Tokens));
    }

    [Fact]
    public void It_ends_with_any_end_token_or_at_the_limit()
    {
        using var logits = tensor(Logits).unsqueeze(0);
        var limited = new SamplingDecoding(Generation, Input(1, 1, 1) with { MaxNewTokens = 2 }, seed: 1);
        var ending = new SamplingDecoding(Generation with { EndTokenIds = [5, 2] }, Input(1, 1, 1), seed: 1);

        Assert.False(limited.Next(logits).IsEnded);
        Assert.True(limited.Next(logits).IsEnded);
        Assert.Equivalent(new DecodingStep([2], null, [2], IsEnded: true), ending.Next(logits));
    }

    static PromptInput Input(double temperature, int topK, double topP) =>
        new() { Prompt = "a", MaxNewTokens = int.MaxValue, Temperature = temperature, TopK = topK, TopP = topP, Beams = 1 };
}
