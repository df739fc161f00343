using LoraHub.Core.Predictions;
using LoraHub.Core.Predictions.Inputs;
using LoraHub.Web.Calls;
using LoraHub.Web.Playground;

namespace LoraHub.Web.Predictions;

/// <summary>Programs that do with a prediction's result what its page can: answer a new input with the adapter, or another prompt.</summary>
static class RunCalls
{
    /// <param name="hasTokens">Whether the service asks for a token.</param>
    public static IReadOnlyList<Snippet> Of(Prediction prediction, RunLinks links, bool hasTokens)
    {
        var text = TextOf(prediction) is { Length: <= ShownText.MostLive } whole ? whole : "your text"; // it is in every call
        var (inputs, output) = prediction.Kind == PredictionKind.Generate
            ? ((CallInput[])[new(PromptSchema.Prompt, text)], CallOutput.Text)
            : ([new(InputSchema.Adapter, prediction.Id), new(InputSchema.TestInputs, text, IsList: true)], CallOutput.Prediction);
        return
        [
            .. new ModelCalls(links.Origin, links.Model, hasTokens, inputs, output).All,
            .. links.Adapter is { } adapter ? [new Snippet("PEFT", Peft(links.Origin + adapter, text))] : Array.Empty<Snippet>(),
        ];
    }

    /// <summary>What it answered: its prompt, its first test input, or its first example.</summary>
    static string TextOf(Prediction prediction) =>
        prediction.Kind == PredictionKind.Generate ? PlaygroundInput.Text(prediction.Input[PromptSchema.Prompt])
        : PlaygroundInput.Of(prediction.Input) is { Tests: [var (test, _), ..] } ? test
        : PlaygroundInput.Of(prediction.Input) is { Examples: [var (example, _), ..] } ? example
        : "";

    /// <param name="adapter">The address of the zip.</param>
    static string Peft(string adapter, string text) => $$"""
        # pip install torch transformers peft
        import io, urllib.request, zipfile
        import peft, transformers

        adapter = urllib.request.urlopen({{Literal.Of(adapter)}}).read()
        zipfile.ZipFile(io.BytesIO(adapter)).extractall("my-adapter")
        base = peft.PeftConfig.from_pretrained("my-adapter").base_model_name_or_path  # or the folder of this base model
        tokenizer = transformers.AutoTokenizer.from_pretrained(base)
        model = transformers.AutoModelForSeq2SeqLM.from_pretrained(base)
        model = peft.PeftModel.from_pretrained(model, "my-adapter")
        inputs = tokenizer({{Literal.Of(text)}}, return_tensors="pt")
        print(tokenizer.decode(model.generate(**inputs)[0], skip_special_tokens=True))
        """;
}
