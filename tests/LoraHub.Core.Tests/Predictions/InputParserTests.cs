using System.Text.Json.Nodes;

using LoraHub.Core.Predictions.Inputs;

namespace LoraHub.Core.Tests.Predictions;

public sealed class InputParserTests
{
    [Fact]
    public void An_empty_request_equals_the_reference_form()
    {
        var input = Parse("{}");

        Assert.Equal(3, input.ExampleInputs.Count);
        Assert.StartsWith("Infer the date from context.  Q: Today, 8/3/1997,", input.ExampleInputs[0], StringComparison.Ordinal);
        Assert.Equal(["(C)", "(E)", "(F)"], input.ExampleOutputs);
        Assert.Equal((20, 40, 256), (input.RandomModules, input.Budget, input.MaxNewTokens));
        Assert.Equal((Composition.Factors, Objective.Reference, "cobyla", OutputFormat.Adapter),
            (input.Composition, input.Objective, input.Optimizer, input.OutputFormat));
        Assert.Null(input.Modules);
        Assert.Null(input.Seed);
        Assert.False(input.HasOwnExamples);
        Assert.Empty(input.TestInputs);
    }

    [Fact]
    public void The_method_best_sets_only_its_own_inputs()
    {
        var expected = Parse("{}") with { Composition = Composition.Delta, ModuleSelection = ModuleSelection.Probe, Optimizer = "probe_cobyla_wide" };

        Assert.Equivalent(expected, Parse("""{"method": "best"}"""), strict: true);
    }

    [Fact]
    public void The_method_lorahub_is_exactly_the_defaults()
    {
        var input = Parse("""{"method": "lorahub"}""");

        Assert.Equivalent(Parse("{}"), input, strict: true);
        Assert.Equal((Composition.Factors, ModuleSelection.Random, "cobyla", false),
            (input.Composition, input.ModuleSelection, input.Optimizer, input.Controls));
    }

    [Theory]
    [InlineData("""{"method": "best", "composition": "factors"}""", Composition.Factors, ModuleSelection.Probe, "probe_cobyla_wide")]
    [InlineData("""{"method": "best", "module_selection": "all"}""", Composition.Delta, ModuleSelection.All, "probe_cobyla_wide")]
    [InlineData("""{"module_selection": "similar", "method": "best"}""", Composition.Delta, ModuleSelection.Similar, "probe_cobyla_wide")]
    [InlineData("""{"module_selection": "slopes", "method": "tuned"}""", Composition.Delta, ModuleSelection.Slopes, "probe_cobyla_wide")]
    [InlineData("""{"method": "best", "optimizer": "cobyla"}""", Composition.Delta, ModuleSelection.Probe, "cobyla")]
    [InlineData("""{"optimizer": "probe_cobyla", "composition": "factors", "module_selection": "random", "method": "best"}""", Composition.Factors,
        ModuleSelection.Random, "probe_cobyla")]
    [InlineData("""{"method": "best", "composition": null, "optimizer": null}""", Composition.Delta, ModuleSelection.Probe, "probe_cobyla_wide")]
    [InlineData("""{"method": null, "optimizer": "probe_cobyla"}""", Composition.Factors, ModuleSelection.Random, "probe_cobyla")]
    public void Explicit_inputs_override_the_method(string json, Composition composition, ModuleSelection selection, string optimizer)
    {
        var input = Parse(json);

        Assert.Equal((composition, selection, optimizer), (input.Composition, input.ModuleSelection, input.Optimizer));
    }

    [Fact]
    public void Every_method_sets_only_valid_inputs_to_valid_values()
    {
        foreach (var (field, preset) in Methods.Names.SelectMany(Methods.Presets))
        {
            Assert.Empty(InputParser.Parse(new JsonObject { [InputSchema.Composition] = "delta", [field] = preset.DeepClone() }).Errors);
            Assert.True(Methods.Sets(field));
        }

        Assert.False(Methods.Sets(InputSchema.Seed));
        Assert.Equal(Methods.Names, InputSchema.Fields.Single(known => known.Name == InputSchema.Method).Choices!);
    }

    [Theory]
    [InlineData("true", true)]
    [InlineData("false", false)]
    [InlineData("null", false)]
    public void Controls_are_computed_on_request(string json, bool expected)
    {
        Assert.Equal(expected, Parse($$"""{"controls": {{json}}}""").Controls);
    }

    [Fact]
    public void Null_is_treated_as_a_missing_field()
    {
        var fields = new JsonObject([.. InputSchema.Fields.Select(field => KeyValuePair.Create(field.Name, (JsonNode?)null))]);

        Assert.Equivalent(Parse("{}"), Parse(fields.ToJsonString()));
    }

    [Theory]
    [InlineData("\"a\\nb\"", "a", "b")]
    [InlineData("\"a\\r\\nb\\n\"", "a", "b")]
    [InlineData("\" a \\n\\nb\"", " a ", "", "b")]
    [InlineData("\"a\\fb\\u2028c\\nd\"", "a\fb\u2028c", "d")]
    [InlineData("[\"a\\nb\", \"c\"]", "a\nb", "c")]
    [InlineData("\"[\\\"a\\\", \\\"b\\\"]\"", "a", "b")]
    [InlineData("\"[1] a\\n[2] b\"", "[1] a", "[2] b")]
    [InlineData("\"[\\\"a\\\"] is a list?\"", "[\"a\"] is a list?")]
    public void Examples_are_lines_or_an_array(string json, params string[] expected)
    {
        var input = Parse($$"""{"test_inputs": {{json}}}""");

        Assert.Equal(expected, input.TestInputs);
    }

    [Theory]
    [InlineData("20", 20)]
    [InlineData("20.0", 20)]
    [InlineData("2e1", 20)]
    public void A_whole_number_is_accepted_in_any_notation(string json, int expected)
    {
        Assert.Equal(expected, Parse($$"""{"max_inference_step": {{json}}}""").Budget);
    }

    [Fact]
    public void Module_names_are_trimmed()
    {
        Assert.Equal(["a/b", "c/d"], Parse("""{"lora_modules_specified": " a/b ,c/d, "}""").Modules);
    }

    [Theory]
    [InlineData("""{"a/b": 0.5, "c/d": -1}""")]
    [InlineData("\"{\\\"a/b\\\": 0.5, \\\"c/d\\\": -1}\"")]
    public void Weights_are_an_object_or_its_text(string json)
    {
        var input = Parse($$"""{"module_weights": {{json}}}""");

        Assert.Equal(["a/b", "c/d"], input.Modules);
        Assert.Equal([0.5, -1], input.Weights);
    }

    [Theory]
    [InlineData("""{"example_inputs": "a\nb", "example_outputs": "c"}""", "example_outputs",
        "Number of input and output do not match: 2 example_inputs, 1 example_outputs")]
    [InlineData("""{"example_inputs": "", "example_outputs": ""}""", "example_inputs", "There is no example")]
    [InlineData("""{"example_inputs": []}""", "example_inputs", "There is no example")]
    [InlineData("""{"example_inputs": 5}""", "example_inputs", "5 is not of type \"string\"")]
    [InlineData("""{"example_inputs": ["a", 5]}""", "example_inputs", "Entry 1 of the array is 5")]
    [InlineData("""{"example_inputs": "[\"a\", "}""", "example_outputs", "Number of input")]
    [InlineData("""{"example_inputs": "[\"a\", \"b]"}""", "example_inputs", "The text is not valid JSON (line 1, byte")]
    [InlineData("""{"test_inputs": "[\"\\ud800\"]"}""", "test_inputs", "a string contains an unpaired surrogate")]
    [InlineData("""{"module_weights": "{\"\\ud800\": 1}"}""", "module_weights", "The text is not valid JSON")]
    [InlineData("""{"lora_modules_specified": "a/b, a/b"}""", "lora_modules_specified", "`a/b` is named twice")]
    [InlineData("""{"lora_modules_specified": ","}""", "lora_modules_specified", "no module name")]
    [InlineData("""{"lora_modules_specified": ["a/b"]}""", "lora_modules_specified", "is not of type \"string\"")]
    [InlineData("""{"num_random_lora_modules": 1}""", "num_random_lora_modules", "1 is less than the minimum of 2")]
    [InlineData("""{"num_random_lora_modules": 197}""", "num_random_lora_modules", "197 is greater than the maximum of 196")]
    [InlineData("""{"max_inference_step": 9}""", "max_inference_step", "9 is less than the minimum of 10")]
    [InlineData("""{"max_inference_step": 101}""", "max_inference_step", "101 is greater than the maximum of 100")]
    [InlineData("""{"max_inference_step": "20"}""", "max_inference_step", "\"20\" is not of type \"integer\"")]
    [InlineData("""{"max_inference_step": 20.5}""", "max_inference_step", "20.5 is not of type \"integer\"")]
    [InlineData("""{"max_inference_step": true}""", "max_inference_step", "true is not of type \"integer\"")]
    [InlineData("""{"seed": 1e30}""", "seed", "is not of type \"integer\"")]
    [InlineData("""{"max_new_tokens": 0}""", "max_new_tokens", "0 is less than the minimum of 1")]
    [InlineData("""{"max_new_tokens": 1025}""", "max_new_tokens", "1025 is greater than the maximum of 1024")]
    [InlineData("""{"composition": "sum"}""", "composition", "\"sum\" is not one of factors, delta")]
    [InlineData("""{"objective": 1}""", "objective", "1 is not of type \"string\"")]
    [InlineData("""{"optimizer": "adam"}""", "optimizer", "\"adam\" is not one of cobyla")]
    [InlineData("""{"method": "worst"}""", "method", "\"worst\" is not one of lorahub, best")]
    [InlineData("""{"method": "Best"}""", "method", "\"Best\" is not one of lorahub, best")]
    [InlineData("""{"method": true}""", "method", "true is not of type \"string\"")]
    [InlineData("""{"method": "best", "optimizer": "adam"}""", "optimizer", "\"adam\" is not one of cobyla, probe_cobyla, probe_cobyla_wide")]
    [InlineData("""{"module_selection": "some"}""", "module_selection", "\"some\" is not one of random, all, similar, probe, slopes")]
    [InlineData("""{"controls": "true"}""", "controls", "\"true\" is not of type \"boolean\"")]
    [InlineData("""{"controls": 1}""", "controls", "1 is not of type \"boolean\"")]
    [InlineData("""{"output_format": "pickle"}""", "output_format", "\"pickle\" is not one of adapter, checkpoint")]
    [InlineData("""{"test_outputs": "a"}""", "test_outputs", "0 test_inputs, 1 test_outputs")]
    [InlineData("""{"module_weights": {}}""", "module_weights", "Give a JSON object of numbers")]
    [InlineData("""{"module_weights": [1]}""", "module_weights", "Give a JSON object of numbers")]
    [InlineData("""{"module_weights": "{"}""", "module_weights", "The text is not valid JSON")]
    [InlineData("""{"module_weights": "{\"a/b\": 1, \"a/b\": 2}"}""", "module_weights", "The text is not valid JSON")]
    [InlineData("""{"module_weights": {"a/b": "x"}}""", "module_weights", "The weight of `a/b` is \"x\"")]
    [InlineData("""{"module_weights": {"a/b": 1e999}}""", "module_weights", "The weight of `a/b`")]
    [InlineData("""{"module_weights": {"a/b": 1, " a/b": 1}}""", "module_weights", "`a/b` is named twice")]
    [InlineData("""{"module_weights": {"a/b": 1}, "lora_modules_specified": "c/d"}""", "module_weights", "leave lora_modules_specified out")]
    public void An_error_names_the_field_and_the_valid_values(string json, string field, string message)
    {
        var (input, errors) = InputParser.Parse(JsonNode.Parse(json)!.AsObject());

        Assert.Null(input);
        var error = Assert.Single(errors);
        Assert.Equal(field, error.Field);
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void All_errors_are_reported_together_in_alphabetical_order()
    {
        var (_, errors) = InputParser.Parse(JsonNode.Parse("""{"seed": "x", "max_inference_step": 5, "composition": "sum"}""")!.AsObject());

        Assert.Equal(["composition", "max_inference_step", "seed"], errors.Select(error => error.Field));
    }

    [Fact]
    public void Unknown_inputs_are_dropped()
    {
        var known = InputSchema.Fields.Known(JsonNode.Parse("""{"seed": 1, "auth": "r8_secret", "example_inputs": null}""")!.AsObject());

        Assert.Equal(["example_inputs", "seed"], known.Select(pair => pair.Key));
    }

    [Fact]
    public void A_long_wrong_value_is_quoted_only_in_part()
    {
        var (_, errors) = InputParser.Parse(new JsonObject { [InputSchema.Seed] = new string('x', 100_000) });

        Assert.InRange(Assert.Single(errors).Message.Length, 80, 200);
    }

    static PredictionInput Parse(string json)
    {
        var (input, errors) = InputParser.Parse(JsonNode.Parse(json)!.AsObject());
        Assert.Empty(errors);
        return input!;
    }
}
