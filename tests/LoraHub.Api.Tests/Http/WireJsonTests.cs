using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using CsCheck;
using LoraHub.Core.Json;
using LoraHub.Core.Predictions;

namespace LoraHub.Api.Tests.Http;

/// <summary><c>JSON.stringify(JSON.parse(text))</c> returns the same text, byte for byte.</summary>
public sealed class WireJsonTests
{
    /// <summary>Any finite double, with common ones more often.</summary>
    static readonly Gen<double> Numbers = Gen.OneOf(
        Gen.Double.Where(double.IsFinite),
        Gen.Select(Gen.Int[-9999, 9999], Gen.Int[-30, 30], (digits, exponent) => digits * Math.Pow(10, exponent)),
        Gen.Long.Select(value => (double)value));

    [Theory]
    [InlineData(-0.0, "0")]
    [InlineData(40.0, "40")]
    [InlineData(-0.25, "-0.25")]
    [InlineData(0.1 + 0.2, "0.30000000000000004")]
    [InlineData(123456.789, "123456.789")]
    [InlineData(1e-5, "0.00001")]
    [InlineData(1.5e-6, "0.0000015")]
    [InlineData(1e-7, "1e-7")]
    [InlineData(-1.25e-7, "-1.25e-7")]
    [InlineData(1e15, "1000000000000000")]
    [InlineData(1e16, "10000000000000000")]
    [InlineData(123456789012345680000.0, "123456789012345680000")]
    [InlineData(1e21, "1e+21")]
    [InlineData(1.2345e25, "1.2345e+25")]
    [InlineData(double.Epsilon, "5e-324")]
    [InlineData(double.MaxValue, "1.7976931348623157e+308")]
    [InlineData(double.NaN, "\"NaN\"")]
    [InlineData(double.PositiveInfinity, "\"Infinity\"")]
    public void A_number_is_written_as_JavaScript_writes_it(double value, string text) => Assert.Equal(text, WireJson.Write(value));

    [Fact]
    public void A_number_survives_a_round_trip() =>
        Numbers.Sample(value => double.Parse(WireJson.Write(value), CultureInfo.InvariantCulture) == value);

    [Theory]
    [InlineData("müß 🐈 日本 <a href='x'>&+/", "\"müß 🐈 日本 <a href='x'>&+/\"")]
    [InlineData("\"\\\b\f\n\r\t", """
        "\"\\\b\f\n\r\t"
        """)]
    [InlineData("\0\u001f\u007f\u0085\u2028\ufeff\ue000", "\"\\u0000\\u001f\u007f\u0085\u2028\ufeff\ue000\"")]
    public void A_text_is_written_as_JavaScript_writes_it(string value, string text)
    {
        Assert.Equal(text, WireJson.Write(value));
        Assert.Equal($"{{{text}:{text}}}", WireJson.Write(new JsonObject { [value] = value }));
    }

    [Theory]
    [InlineData("\ud83d")]
    [InlineData("\udc08\ud83d")]
    public void Half_a_surrogate_pair_becomes_the_replacement_character(string value) =>
        Assert.Equal($"\"a{new string('\ufffd', value.Length)}b\"", WireJson.Write($"a{value}b"));

    [Theory]
    [InlineData("""{"a":20.0,"b":[1E2,-0,1e-7],"c":{"🐈":0.10}}""", """{"a":20,"b":[100,0,1e-7],"c":{"🐈":0.1}}""")]
    [InlineData("""[9223372036854775807,true,null,"\u0041\u00e9\/"]""", """[9223372036854775807,true,null,"Aé/"]""")]
    public void Equivalent_JSON_is_written_in_one_canonical_form(string given, string written) =>
        Assert.Equal(written, WireJson.Write(JsonNode.Parse(given)));

    [Fact]
    public void States_and_events_have_their_wire_names() =>
        Assert.Equal("""["processing","completed"]""", WireJson.Write(new object[] { PredictionStatus.Processing, WebhookEvent.Completed }));

    [Fact]
    public async Task Node_writes_back_the_same_bytes()
    {
        var texts = Gen.String[Gen.OneOf(Gen.Char['\0', '\u04ff'], Gen.Char['\u2000', '\ud7ff']), 0, 20].Select(text => text + "🐈");
        var values = Gen.Select(Numbers.Array[2000], texts.Array[2000], (numbers, strings) => WireJson.Write(new { numbers, strings })).Single();

        using var node = TryStartNode("""process.stdout.write(JSON.stringify(JSON.parse(require('fs').readFileSync(0, 'utf8'))))""");
        Assert.SkipWhen(node is null, "Node.js is not installed: its JSON was NOT compared with the service's.");
        var read = node!.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await node.StandardInput.WriteAsync(values);
        node.StandardInput.Close();

        Assert.Equal(values, await read);
    }

    static Process? TryStartNode(string script)
    {
        var utf8 = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
        try
        {
            return Process.Start(new ProcessStartInfo("node", ["-e", script])
            {
                UseShellExecute = false,
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                StandardInputEncoding = utf8,
                StandardOutputEncoding = utf8,
            });
        }
        catch (Win32Exception)
        {
            return null;
        }
    }
}
