using System.ComponentModel.DataAnnotations;

using LoraHub.Inference.Kernels;
using LoraHub.Inference.T5;

using static TorchSharp.torch;

namespace LoraHub.Inference.Tests.Predictions;

/// <summary>Answers decoded in 8 bits.</summary>
public sealed class RoundedAnswersTests(MiniModel mini) : IClassFixture<MiniModel>
{
    [Fact]
    public void Nearly_all_answers_of_the_shipped_model_are_those_of_fp32()
    {
        Assert.SkipUnless(RoundedProduct.IsAvailable, "the processor lacks AVX2.");
        using var scope = NewDisposeScope();
        var exact = mini.Fp32.Model;
        using var rounded = T5Model.Load(exact.Folder, CPU, _ => ScalarType.Float32, roundsAnswers: true);
        var inputs = mini.Tokenize(TaskFile.Read("plural_nonce").Inputs);

        var expected = Generate(exact, inputs);
        var answers = Generate(rounded, inputs);

        Assert.NotEmpty(expected);
        Assert.InRange(expected.Zip(answers, (one, other) => one.SequenceEqual(other)).Count(same => !same), 0, expected.Length / 10);
        Assert.Equal(exact.Bytes + rounded.RoundedBytes, rounded.Bytes);
        Assert.Equal(0, exact.RoundedBytes);
    }

    [Theory]
    [InlineData(Precision.Fp32, "cpu", "Inference:Precision is `fp32`")]
    [InlineData(Precision.Auto, "cuda", "Inference:Device is `cuda`")]
    public void Settings_that_contradict_int8_are_named_with_the_cure(Precision precision, string device, string problem)
    {
        var options = new InferenceOptions { Decoding = DecodingPrecision.Int8, Precision = precision, Device = device };
        var results = new List<ValidationResult>();

        Assert.False(Validator.TryValidateObject(options, new ValidationContext(options), results, validateAllProperties: true));

        var result = Assert.Single(results);
        Assert.StartsWith($"Inference:Decoding is `int8`, but {problem}", result.ErrorMessage);
        Assert.EndsWith("set it to `auto`.", result.ErrorMessage);
    }

    static int[][] Generate(T5Model model, IReadOnlyList<int[]> inputs) =>
        GreedyDecoder.Generate(model, inputs, null, 16, TestContext.Current.CancellationToken);
}
