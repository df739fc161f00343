using LoraHub.Core.Predictions;
using LoraHub.Core.Predictions.Inputs;
using LoraHub.Web.Playground;

namespace LoraHub.Web.Predictions;

/// <summary>A program that uses a result.</summary>
/// <param name="Title">The language or the tool.</param>
sealed record Call(string Title, string Text);

/// <summary>The programs that do with a prediction's result what its page can: answer a new input with the adapter, or another prompt.</summary>
/// <param name="hasTokens">Whether the service asks for a token.</param>
sealed class Calls(Prediction prediction, RunLinks links, bool hasTokens)
{
    const string Token = "YOUR_TOKEN";

    bool IsText => prediction.Kind == PredictionKind.Generate;

    /// <summary>What a program without a token gives, where one must be given.</summary>
    string AnyToken => hasTokens ? Token : "any";

    string Url => $"{links.Origin}/v1/models/{links.Model}/predictions";

    string Text => Literal.Of(IsText ? PlaygroundInput.Text(prediction.Input[PromptSchema.Prompt])
        : PlaygroundInput.Of(prediction.Input) is { Tests: [var (test, _), ..] } ? test
        : PlaygroundInput.Of(prediction.Input) is { Examples: [var (example, _), ..] } ? example
        : "");

    string Id => Literal.Of(prediction.Id);

    public IReadOnlyList<Call> All =>
    [
        new("curl", Curl),
        new("JavaScript", JavaScript),
        new("Python", Python),
        new("C#", CSharp),
        .. links.Adapter is { } adapter ? [new Call("PEFT", Peft(adapter))] : Array.Empty<Call>(),
    ];

    string Curl
    {
        get
        {
            var input = IsText ? $$"""{"prompt": {{Text}}}""" : $$"""{"adapter": {{Id}}, "test_inputs": [{{Text}}]}""";
            var token = hasTokens ? $" \\\n  -H 'Authorization: Bearer {Token}'" : "";
            return $$"""
                curl -s {{Literal.Shell(Url)}}{{token}} \
                  -H 'Content-Type: application/json' -H 'Prefer: wait' \
                  -d {{Literal.Shell($$"""{"input": {{input}}}""")}}
                """;
        }
    }

    /// <summary>With the npm package replicate.</summary>
    string JavaScript => $$"""
        // npm install replicate
        import Replicate from "replicate";

        const replicate = new Replicate({ auth: {{Literal.Of(AnyToken)}}, baseUrl: {{Literal.Of($"{links.Origin}/v1")}} });
        const output = await replicate.run({{Literal.Of(links.Model)}}, {
          input: {{(IsText ? $$"""{ prompt: {{Text}} }""" : $$"""{ adapter: {{Id}}, test_inputs: [{{Text}}] }""")}},
        });
        console.log({{(IsText ? "output.join(\"\")" : "output.predictions[0]")}});
        """;

    string Python => $$"""
        # pip install replicate
        import replicate

        client = replicate.Client(api_token={{Literal.Of(AnyToken)}}, base_url={{Literal.Of(links.Origin)}})
        output = client.run(
            {{Literal.Of(links.Model)}},
            input={{(IsText ? $$"""{"prompt": {{Text}}}""" : $$"""{"adapter": {{Id}}, "test_inputs": [{{Text}}]}""")}},
        )
        print({{(IsText ? "\"\".join(output)" : "output[\"predictions\"][0]")}})
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
                    new { input = new { {{(IsText ? $"prompt = {Text}" : $$"""adapter = {{Id}}, test_inputs = new[] { {{Text}} }""")}} } });
                var prediction = await response.Content.ReadFromJsonAsync<JsonNode>();
                Console.WriteLine(prediction!["output"]{{(IsText ? "" : "![\"predictions\"]![0]")}});
                """;
        }
    }

    /// <param name="adapter">The path of the zip.</param>
    string Peft(string adapter) => $$"""
        # pip install torch transformers peft
        import io, urllib.request, zipfile
        import peft, transformers

        adapter = urllib.request.urlopen({{Literal.Of(links.Origin + adapter)}}).read()
        zipfile.ZipFile(io.BytesIO(adapter)).extractall("my-adapter")
        base = peft.PeftConfig.from_pretrained("my-adapter").base_model_name_or_path  # or the folder of this base model
        tokenizer = transformers.AutoTokenizer.from_pretrained(base)
        model = transformers.AutoModelForSeq2SeqLM.from_pretrained(base)
        model = peft.PeftModel.from_pretrained(model, "my-adapter")
        inputs = tokenizer({{Text}}, return_tensors="pt")
        print(tokenizer.decode(model.generate(**inputs)[0], skip_special_tokens=True))
        """;
}
