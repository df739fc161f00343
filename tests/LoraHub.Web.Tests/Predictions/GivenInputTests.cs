using System.Text.Json.Nodes;
using Bunit;
using LoraHub.Core.Predictions;
using LoraHub.Web.Predictions;

namespace LoraHub.Web.Tests.Predictions;

public sealed class GivenInputTests : BunitContext
{
    [Fact]
    public void Lists_are_lists_and_nothing_is_escaped()
    {
        var input = new JsonObject { ["test_inputs"] = new JsonArray("mère", "<b>"), ["module_weights"] = new JsonObject { ["é/b"] = 0.5 } };

        var given = Render<GivenInput>(one => one.Add(shown => shown.Prediction, Some.Succeeded(new PredictionOutput(), input)));

        Assert.Equal(["mère", "<b>"], given.FindAll("dd li").Select(line => line.TextContent));
        Assert.Contains("""{"é/b":0.5}""", given.Find("dl").TextContent, StringComparison.Ordinal);
    }
}
