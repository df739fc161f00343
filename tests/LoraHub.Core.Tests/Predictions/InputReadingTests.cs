using System.Text.Json.Nodes;

using LoraHub.Core.Predictions.Inputs;

namespace LoraHub.Core.Tests.Predictions;

/// <summary>Texts that are lists, whole numbers without rounding, and weights as an output lists them.</summary>
public sealed class InputReadingTests
{
    const string Lists = "[\"Ann\", \"Bob\"]\n[]\n[\"Eve\", \"Dan\"]";

    [Fact]
    public void Answers_that_are_JSON_lists_are_lines()
    {
        var input = Parse(("example_inputs", "a\nb\nc"), ("example_outputs", Lists), ("test_inputs", "d\ne\nf"), ("test_outputs", Lists + "\n"));

        Assert.Equal(Lists.Split('\n'), input.ExampleOutputs);
        Assert.Equal(Lists.Split('\n'), input.TestOutputs);
    }

    [Theory]
    [InlineData("""["Paris", "London"]""")]
    [InlineData("""["Paris"] and ["London"]""")]
    [InlineData("[]")]
    [InlineData("""["Paris", 'London']""")]
    [InlineData("""["Paris", 5]""")]
    [InlineData("""["Paris", ["London"]]""")]
    [InlineData("""["Paris]""")]
    public void A_single_answer_that_is_a_list_is_one_line_because_the_input_is_one(string answer)
    {
        var input = Parse(("example_inputs", "cities"), ("example_outputs", answer));

        Assert.Equal([answer], input.ExampleOutputs);
    }

    [Fact]
    public void A_single_input_that_is_a_list_is_one_line_because_the_output_is_one()
    {
        var input = Parse(("example_inputs", """["b", "a"]"""), ("example_outputs", "a b"));

        Assert.Equal(["""["b", "a"]"""], input.ExampleInputs);
    }

    [Theory]
    [InlineData("[\"Paris\"] is one\nsee [2]", 2)]
    [InlineData("[\"it's\", 'x']\r\n[\"y\"]", 2)]
    [InlineData("[\"a\"]\n\n[\"b\"]", 3)]
    [InlineData("[\"a\"]\n[\"b]\n[]", 3)]
    public void Lines_that_begin_and_end_like_an_array_are_lines(string text, int count)
    {
        Assert.Equal(count, Parse(("test_inputs", text)).TestInputs.Count);
    }

    [Theory]
    [InlineData("[\n  \"a\",\n  \"b\"\n]")]
    [InlineData(" [ \"a\", \"b\" ] ")]
    [InlineData("[\"a\",\r\n\"b\"]\n")]
    public void An_array_of_strings_may_take_any_number_of_lines(string text)
    {
        Assert.Equal(["a", "b"], Parse(("test_inputs", text)).TestInputs);
    }

    [Theory]
    [InlineData("[\n\"a\",\n\"b\n]", "The text is not valid JSON (line 3")]
    [InlineData("[\"a\",\n5,\n\"b\"]", "every entry must be a string")]
    public void A_malformed_array_over_several_lines_is_refused(string text, string message)
    {
        var error = Assert.Single(Errors(("test_inputs", text)));

        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        Assert.Contains("array", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_wrong_number_of_answers_says_how_to_give_lists()
    {
        var error = Assert.Single(Errors(("example_inputs", "a\nb\nc"), ("example_outputs", """["x", "y"]""")));

        Assert.Contains("for answers that are lists give an array of strings", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("2.5e-42")]
    [InlineData("1.0000000000000000000000000000000001")]
    [InlineData("1e-400")]
    [InlineData("0.1e0")]
    [InlineData("123456789012345678901234567890.5")]
    [InlineData("9223372036854775808")]
    [InlineData("-9223372036854775809")]
    [InlineData("1e19")]
    [InlineData("1e99999999999999999999")]
    [InlineData("1e-99999999999999999999")]
    public void A_number_that_is_not_whole_is_no_seed(string json)
    {
        var (_, errors) = InputParser.Parse(JsonNode.Parse($$"""{"seed": {{json}}}""")!.AsObject());

        var error = Assert.Single(errors);
        Assert.Equal(("seed", InputErrorKind.WrongType), (error.Field, error.Kind));
    }

    [Theory]
    [InlineData("0", 0)]
    [InlineData("-0", 0)]
    [InlineData("0.000", 0)]
    [InlineData("0e99999999999999999999", 0)]
    [InlineData("-7.00", -7)]
    [InlineData("12e2", 1200)]
    [InlineData("1.5e1", 15)]
    [InlineData("1500e-2", 15)]
    [InlineData("100000000000000000000000000000000e-32", 1)]
    [InlineData("9223372036854775807", long.MaxValue)]
    [InlineData("-9223372036854775808", long.MinValue)]
    public void A_whole_seed_is_read_exactly_in_any_notation(string json, long seed)
    {
        var (input, _) = InputParser.Parse(JsonNode.Parse($$"""{"seed": {{json}}}""")!.AsObject());

        Assert.Equal(seed, input!.Seed);
    }

    [Theory]
    [InlineData("""[{"module": "a/b", "weight": 0.5, "digest": "d1"}, {"module": "c/d", "weight": -1}]""", Composition.Factors)]
    [InlineData("""[{"module": "a/b", "weight": 0.5, "digest": "d1"}, {"module": "c/d", "weight": -1, "composition": "delta"}]""", Composition.Delta)]
    public void The_weights_of_an_output_are_taken_as_they_are(string weights, Composition composition)
    {
        var asJson = InputParser.Parse(JsonNode.Parse($$"""{"module_weights": {{weights}}}""")!.AsObject()).Input!;
        var asText = Parse(("module_weights", weights));

        foreach (var input in new[] { asJson, asText })
        {
            Assert.Equal(["a/b@d1", "c/d"], input.Modules);
            Assert.Equal([0.5, -1], input.Weights);
            Assert.Equal(composition, input.Composition);
        }
    }

    [Fact]
    public void A_composition_that_the_request_names_comes_before_that_of_the_weights()
    {
        var input = Parse(("module_weights", """[{"module": "a/b", "weight": 0.5, "composition": "delta"}]"""), ("composition", "factors"));

        Assert.Equal(Composition.Factors, input.Composition);
    }

    [Theory]
    [InlineData("""[1]""", "the list `output.weights`")]
    [InlineData("""[]""", "the list `output.weights`")]
    [InlineData("""[{"module": "a/b"}]""", "the list `output.weights`")]
    [InlineData("""[{"weight": 1}]""", "the list `output.weights`")]
    [InlineData("""[{"module": "a/b", "weight": 1, "composition": "sum"}]""", "the list `output.weights`")]
    [InlineData("""[{"module": "a/b", "weight": "x"}]""", "The weight of `a/b` is \"x\"")]
    [InlineData("""[{"module": "a/b", "weight": 1}, {"module": "a/b", "weight": 2}]""", "`a/b` is named twice")]
    public void Another_list_of_weights_is_refused(string weights, string message)
    {
        var error = Assert.Single(Errors(("module_weights", weights)));

        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    static PredictionInput Parse(params (string Name, string Text)[] given)
    {
        var (input, errors) = InputParser.Parse(Json(given));
        Assert.Empty(errors);
        return input!;
    }

    static IReadOnlyList<InputError> Errors(params (string Name, string Text)[] given) => InputParser.Parse(Json(given)).Errors;

    static JsonObject Json((string Name, string Text)[] given) =>
        new([.. given.Select(pair => KeyValuePair.Create(pair.Name, (JsonNode?)pair.Text))]);
}
