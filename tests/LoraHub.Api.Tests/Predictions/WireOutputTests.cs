using System.Reflection;
using System.Text.Json;
using LoraHub.Api.Predictions;
using LoraHub.Core.Json;
using LoraHub.Core.Predictions;

namespace LoraHub.Api.Tests.Predictions;

/// <summary>An output has digests in storage and URLs on the wire; the rest is equal.</summary>
public sealed class WireOutputTests
{
    static readonly PredictionOutput Output = new()
    {
        Adapter = "aa",
        Checkpoint = "bb",
        Trace = "cc",
        Weights = [new ModuleWeight("a/b", 0.5, "dd")],
        Loss = new LossReport(1.5, 0.25, 40),
        Predictions = ["one"],
        ZeroShot = ["none"],
        Accuracy = new AccuracyReport(0, 100),
        Tuning = new TuningOutcome(10, 0.5, 0.25),
        Controls = new ControlReport
        {
            ZeroShot = new(1, null),
            BestSingle = new("a/b", 1, null),
            UniformMean = new(1, null),
            RandomDirections = new(1, null),
        },
    };

    [Fact]
    public void Clients_get_URLs_under_the_origin_they_requested() => Assert.StartsWith(
        """{"adapter":"https://here:5000/results/aa/adapter.zip","checkpoint":"https://here:5000/results/bb/checkpoint.zip","""
        + """
        "trace":"https://here:5000/results/cc/trace.json","weights":
        """,
        WireJson.Write(ComposedOutput.Of(Output, "https://here:5000")),
        StringComparison.Ordinal);

    [Fact]
    public void Missing_parts_of_an_output_are_omitted() =>
        Assert.Equal("""{"weights":[]}""", WireJson.Write(ComposedOutput.Of(new PredictionOutput { Weights = [] }, "http://localhost")));

    [Fact]
    public void A_text_is_an_array_of_its_pieces()
    {
        var text = new TextOutput(["a", " b"]);

        Assert.Equal("""{"output":["a"," b"]}""", WireJson.Write(new { output = (WireOutput)text }));
        Assert.Equal(text.Pieces, Assert.IsType<TextOutput>(JsonSerializer.Deserialize<WireOutput>("""["a"," b"]""", WireJson.Options)).Pieces);
    }

    /// <summary>Fails when a new property of the output is missing on the wire.</summary>
    [Fact]
    public void Every_other_property_of_an_output_is_on_the_wire_as_it_is()
    {
        var wire = ComposedOutput.Of(Output, "http://localhost");

        Assert.All(typeof(PredictionOutput).GetProperties().Where(IsOfTheComposer), property =>
        {
            Assert.NotNull(property.GetValue(Output));
            Assert.Same(property.GetValue(Output), typeof(ComposedOutput).GetProperty(property.Name)!.GetValue(wire));
        });
    }

    /// <summary>Digests become URLs, and a text is the whole output.</summary>
    static bool IsOfTheComposer(PropertyInfo property) =>
        property.PropertyType != typeof(string) && property.Name != nameof(PredictionOutput.Text);
}
