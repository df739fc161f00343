using System.Text.Json;
using LoraHub.Core.Predictions;

namespace LoraHub.Inference.Tests.Predictions;

/// <summary>A prediction's weights, given back as they are, compose the same adapter.</summary>
public sealed class GivenWeightsTests(PredictorFixture predictions) : IClassFixture<PredictorFixture>
{
    const string Examples = "\"example_inputs\": \"Plural of: cat\", \"example_outputs\": \"cats\"";

    [Theory]
    [InlineData("delta")]
    [InlineData("factors")]
    public void The_list_of_weights_brings_its_composition_along(string composition)
    {
        var found = predictions.Predict($$"""
            {
              "lora_modules_specified": "lorahub/t5_mini-plurals,lorahub/t5_mini-antonyms",
              "composition": "{{composition}}", "max_inference_step": 10, "seed": 1, {{Examples}}
            }
            """);

        var again = predictions.Predict($$"""{"module_weights": {{JsonSerializer.Serialize(found.Output.Weights)}}, {{Examples}}}""");

        Assert.Equal((composition, composition), (found.Output.Composition, again.Output.Composition));
        Assert.Equal(found.Output.Weights, again.Output.Weights);
        Assert.Equal(found.Output.Loss!.Adapted, again.Output.Loss!.Adapted, 1e-6);
        Assert.All(found.Output.Weights, weight => Assert.Equal(composition == "delta" ? "delta" : null, weight.Composition));
    }

    [Fact]
    public void Weights_of_the_method_best_are_composed_as_deltas_although_the_request_does_not_say_so()
    {
        var found = predictions.Predict($$"""{"method": "best", "max_inference_step": 10, "seed": 1, {{Examples}}}""");

        var text = JsonSerializer.Serialize(JsonSerializer.Serialize(found.Output.Weights));
        var again = predictions.Predict($$"""{"module_weights": {{text}}, {{Examples}}}""");

        Assert.Equal("delta", again.Output.Composition);
        Assert.Equal(Adapted(found.Output), Adapted(again.Output), 1e-6);
    }

    static double Adapted(PredictionOutput output) => output.Loss!.Adapted;
}
