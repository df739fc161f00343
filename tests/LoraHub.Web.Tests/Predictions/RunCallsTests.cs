using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using LoraHub.Core.Predictions;
using LoraHub.Web.Calls;
using LoraHub.Web.Predictions;

namespace LoraHub.Web.Tests.Predictions;

public sealed class RunCallsTests
{
    /// <summary>Texts that end a quotation, expand, or cannot be seen.</summary>
    public static TheoryData<string> Texts => new(
        "it's $(rm -rf /) `id` !! \\",
        "say \"hi\"\\n",
        "two\nlines\r\n\tand a tab",
        "mère 🐈 \u2028 \u202e \0 \u001b",
        "{{x}} ${x} {0} %s",
        "'''\"\"\"");

    [Theory]
    [MemberData(nameof(Texts))]
    public void A_literal_is_read_back_as_the_text_and_hides_nothing(string text)
    {
        var literal = Literal.Of(text);

        Assert.Equal(text, JsonSerializer.Deserialize<string>(literal));
        Assert.DoesNotContain(literal, character => char.IsControl(character) || character is '\u2028' or '\u202e');
    }

    [Fact]
    public void Half_a_character_is_escaped() => Assert.Equal("\"a\\ud83d\"", Literal.Of("a\ud83d"));

    [Theory]
    [MemberData(nameof(Texts))]
    public async Task A_shell_passes_the_request_on_unchanged(string text)
    {
        var curl = CallOf("curl", text);

        var arguments = await RunInShellAsync($"curl() {{ printf '%s\\0' \"$@\"; }}\n{curl}");

        var body = arguments[Array.IndexOf(arguments, "-d") + 1];
        Assert.Equal(text, (string)JsonNode.Parse(body)!["input"]!["test_inputs"]![0]!);
        Assert.Equal("http://localhost:5000/v1/models/lorahub/lorahub/predictions", arguments[1]);
    }

    [Theory]
    [InlineData("curl")]
    [InlineData("JavaScript")]
    [InlineData("Python")]
    [InlineData("C#")]
    [InlineData("PEFT")]
    public void Every_program_holds_the_literal_on_one_line(string title)
    {
        const string Text = "two\nlines \"\\";

        Assert.Contains(title == "curl" ? "\"two\\nlines \\\"\\\\\"" : Literal.Of(Text), CallOf(title, Text), StringComparison.Ordinal);
    }

    [Fact]
    public void Only_a_service_with_tokens_has_a_place_for_one()
    {
        Assert.DoesNotContain("YOUR_TOKEN", string.Concat(All(hasTokens: false)), StringComparison.Ordinal);
        Assert.All(All(hasTokens: true).SkipLast(1), call => Assert.Contains("YOUR_TOKEN", call, StringComparison.Ordinal)); // the adapter needs none

        static IEnumerable<string> All(bool hasTokens) => RunCalls.Of(Prediction("x"), Some.Links(), hasTokens).Select(call => call.Text);
    }

    [Fact]
    public void A_prompt_is_called_by_its_model_and_has_no_adapter()
    {
        var prediction = Some.Succeeded(new PredictionOutput { Text = ["mer"] }, new JsonObject { ["prompt"] = "sea" }, PredictionKind.Generate);

        var calls = RunCalls.Of(prediction, Some.Links(adapter: null) with { Model = "me/french" }, hasTokens: false);

        Assert.Equal(["curl", "JavaScript", "Python", "C#"], calls.Select(call => call.Title));
        Assert.Contains("/v1/models/me/french/predictions", calls[0].Text, StringComparison.Ordinal);
        Assert.All(calls, call => Assert.Contains("\"sea\"", call.Text, StringComparison.Ordinal));
    }

    static string CallOf(string title, string text) =>
        RunCalls.Of(Prediction(text), Some.Links(), hasTokens: false).Single(call => call.Title == title).Text;

    static Prediction Prediction(string text) => Some.Succeeded(
        new PredictionOutput(), new JsonObject { ["example_inputs"] = new JsonArray("a"), ["test_inputs"] = new JsonArray(text) });

    static async Task<string[]> RunInShellAsync(string script)
    {
        var start = new ProcessStartInfo("sh") { UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true };
        using var shell = Process.Start(start)!;
        await shell.StandardInput.WriteAsync(script.AsMemory(), TestContext.Current.CancellationToken);
        shell.StandardInput.Close();
        var output = await shell.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await shell.WaitForExitAsync(TestContext.Current.CancellationToken);
        return output.Split('\0');
    }
}
