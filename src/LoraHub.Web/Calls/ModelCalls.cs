namespace LoraHub.Web.Calls;

/// <summary>A program that calls a model.</summary>
/// <param name="Title">The language or the tool.</param>
public sealed record Snippet(string Title, string Text);

/// <summary>An input of a call: one text, or a list of one text.</summary>
public sealed record CallInput(string Name, string Text, bool IsList = false);

/// <summary>The output that a program prints.</summary>
public enum CallOutput
{
    /// <summary>The answer of a model that is asked a prompt.</summary>
    Text,

    /// <summary>The first answer of an adapted model.</summary>
    Prediction,

    /// <summary>The address of the composed adapter.</summary>
    Adapter,
}

/// <summary>Programs in several languages that call a model of this service with the same inputs.</summary>
/// <param name="origin">The scheme and host of the service.</param>
/// <param name="model"><c>owner/name</c>.</param>
/// <param name="hasTokens">Whether the service asks for a token.</param>
sealed class ModelCalls(string origin, string model, bool hasTokens, IReadOnlyList<CallInput> inputs, CallOutput output)
{
    const string Token = "YOUR_TOKEN";

    /// <summary>What a program gives where it must give a token and none is asked for.</summary>
    string AnyToken => Literal.Of(hasTokens ? Token : "any");

    string Url => $"{origin}/v1/models/{model}/predictions";

    /// <summary>The inputs as JSON, which Python reads as well.</summary>
    string JsonInput => $"{{{Inputs("\"{0}\": {1}")}}}";

    public IReadOnlyList<Snippet> All => [new("curl", Curl), new("JavaScript", JavaScript), new("Python", Python), new("C#", CSharp)];

    string Curl
    {
        get
        {
            var token = hasTokens ? $" \\\n  -H 'Authorization: Bearer {Token}'" : "";
            return $"""
                curl -s {Literal.Shell(Url)}{token} \
                  -H 'Content-Type: application/json' -H 'Prefer: wait' \
                  -d {Literal.Shell($"{{\"input\": {JsonInput}}}")}
                """;
        }
    }

    /// <summary>With the npm package replicate.</summary>
    string JavaScript => $$"""
        // npm install replicate
        import Replicate from "replicate";

        const replicate = new Replicate({ auth: {{AnyToken}}, baseUrl: {{Literal.Of($"{origin}/v1")}} });
        const output = await replicate.run({{Literal.Of(model)}}, {
          input: { {{Inputs("{0}: {1}")}} },
        });
        console.log({{Of("output.join(\"\")", "output.predictions[0]", "output.adapter")}});
        """;

    string Python => $$"""
        # pip install replicate
        import replicate

        client = replicate.Client(api_token={{AnyToken}}, base_url={{Literal.Of(origin)}})
        output = client.run(
            {{Literal.Of(model)}},
            input={{JsonInput}},
        )
        print({{Of("\"\".join(output)", "output[\"predictions\"][0]", "output[\"adapter\"]")}})
        """;

    string CSharp
    {
        get
        {
            var token = hasTokens ? $"client.DefaultRequestHeaders.Add(\"Authorization\", \"Bearer {Token}\");\n" : "";
            return $$"""
                using System.Net.Http.Json;
                using System.Text.Json.Nodes;

                using var client = new HttpClient();
                {{token}}client.DefaultRequestHeaders.Add("Prefer", "wait");
                var response = await client.PostAsJsonAsync(
                    {{Literal.Of(Url)}},
                    new { input = new { {{Inputs("{0} = {1}", "new[] { ", " }")}} } });
                var prediction = await response.Content.ReadFromJsonAsync<JsonNode>();
                Console.WriteLine(prediction!["output"]{{Of("", "![\"predictions\"]![0]", "![\"adapter\"]")}});
                """;
        }
    }

    /// <param name="form">Of one input: {0} is its name, {1} its value.</param>
    /// <param name="open">How a list begins.</param>
    /// <param name="close">How a list ends.</param>
    string Inputs(string form, string open = "[", string close = "]") => string.Join(", ", inputs.Select(input => form
        .Replace("{0}", input.Name, StringComparison.Ordinal)
        .Replace("{1}", input.IsList ? open + Literal.Of(input.Text) + close : Literal.Of(input.Text), StringComparison.Ordinal)));

    string Of(string text, string prediction, string adapter) => output switch
    {
        CallOutput.Text => text,
        CallOutput.Prediction => prediction,
        _ => adapter,
    };
}
