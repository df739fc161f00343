using System.Text.Json.Nodes;
using LoraHub.Core.Predictions;
using LoraHub.Core.Predictions.Inputs;
using LoraHub.Inference.Adaptation;

namespace LoraHub.Inference.Tests.Predictions;

/// <summary>Controls have the chances that the method has, and no more than its information.</summary>
public sealed class HonestControlsTests(MiniModel mini, PredictorFixture predictions)
    : IClassFixture<MiniModel>, IClassFixture<PredictorFixture>, IDisposable
{
    const long Seed = 3;

    // More than probing keeps.
    static readonly string[] Names =
    [
        "t5_mini-plurals", "t5_mini-antonyms", "t5_mini-quotes", "t5_mini-twice", "t5_mini-past_tense", "t5_mini-french", "t5_mini-brackets",
        "t5_mini-colors",
    ];

    readonly ModuleList _modules = new(Names, name => TestModels.MiniModule(name, mini.Fp32.Model));

    static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _modules.Dispose();

    [Fact]
    public void Random_directions_are_screened_from_as_many_candidates_as_the_method_had()
    {
        using var noGrad = TorchSharp.torch.no_grad();
        var (input, inputs, targets) = Examples("""{"method": "best", "max_inference_step": 10, "max_new_tokens": 1}""", examples: 1);
        var search = new ModuleSearch(mini.Fp32, input, Seed, new ProbeCache(), Token);
        using var found = search.Find(_modules.Items, inputs, targets, log: null);
        var random = _modules.Items.Index().Select(module => module.Item.WithRandomDirections(Seed + module.Index)).ToArray();
        using var expected = search.Find(random, inputs, targets, log: null);

        var controls = new Controls(Plan(input, _ => []), search, inputs, targets, [], Token).Make(found);

        Assert.InRange(expected.Modules.Count, 1, Names.Length - 1); // the screening left some out
        Assert.Equal(expected.Loss!.Adapted, controls.RandomDirections.Loss!.Value, 1e-5);
        Array.ForEach(random, module => module.Dispose());
    }

    [Fact]
    public void Each_round_of_leave_one_out_selects_modules_without_the_example()
    {
        using var noGrad = TorchSharp.torch.no_grad();
        var (input, inputs, targets) = Examples("""{"module_selection": "similar", "max_inference_step": 10, "max_new_tokens": 1}""", examples: 3);
        var search = new ModuleSearch(mini.Fp32, input, Seed, new ProbeCache(), Token);
        using var found = search.Find([.. _modules.Items.Take(2)], inputs, targets, log: null);
        var selections = new List<PredictionInput>();
        var plan = Plan(input, without =>
        {
            selections.Add(without);
            return [.. _modules.Items.Skip(3).Take(2)];
        });

        var controls = new Controls(plan, search, inputs, targets, [], Token).Make(found);

        Assert.Equal(3, controls.LeaveOneOut!.Examples);
        Assert.All(selections.Index(), round =>
        {
            Assert.Equal(input.ExampleInputs.Where((_, i) => i != round.Index), round.Item.ExampleInputs);
            Assert.Equal(input.ExampleOutputs.Where((_, i) => i != round.Index), round.Item.ExampleOutputs);
        });
        Assert.Equal(3, selections.Count);
    }

    [Theory]
    [InlineData("\"module_selection\": \"similar\", \"num_random_lora_modules\": 2")]
    [InlineData("\"method\": \"best\"")]
    public void A_prediction_whose_modules_are_selected_by_text_is_left_out_whole(string selection)
    {
        var fields = $"{selection}, \"max_inference_step\": 10, \"max_new_tokens\": 4, \"controls\": true";
        var request = TaskRequest.Of("plural_nonce", fields, examples: 2);

        Assert.Equal(2, predictions.Predict(request).Output.Controls!.LeaveOneOut!.Examples);
    }

    LoadedPlan Plan(PredictionInput input, Func<PredictionInput, IReadOnlyList<Inference.Lora.LoraModule>> select) =>
        new(new CompositionPlan(input, Seed, []), mini.Fp32, _modules.Items, select);

    (PredictionInput Input, int[][] Inputs, int[][] Targets) Examples(string fields, int examples)
    {
        var task = TaskFile.Read("past_in_brackets");
        var json = JsonNode.Parse(fields)!.AsObject();
        json["example_inputs"] = new JsonArray([.. task.Inputs.Take(examples).Select(text => (JsonNode)text)]);
        json["example_outputs"] = new JsonArray([.. task.Targets.Take(examples).Select(text => (JsonNode)text)]);
        var (input, errors) = InputParser.Parse(json);
        Assert.Empty(errors);
        return (input!, mini.Tokenize(task.Inputs.Take(examples)), mini.Tokenize(task.Targets.Take(examples)));
    }
}
