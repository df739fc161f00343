using System.Text.Json.Nodes;
using LoraHub.Core.Optimization;

namespace LoraHub.Core.Predictions.Inputs;

/// <summary>The inputs of a prediction in their order: the six of the reference (predict.py of sail-sg/lorahub), then ours.</summary>
public static class InputSchema
{
    public const string ExampleInputs = "example_inputs";
    public const string ExampleOutputs = "example_outputs";
    public const string LoraModulesSpecified = "lora_modules_specified";
    public const string NumRandomLoraModules = "num_random_lora_modules";
    public const string MaxInferenceStep = "max_inference_step";
    public const string Seed = "seed";
    public const string TestInputs = "test_inputs";
    public const string TestOutputs = "test_outputs";
    public const string Composition = "composition";
    public const string Objective = "objective";
    public const string Optimizer = "optimizer";
    public const string ModuleWeights = "module_weights";
    public const string OutputFormat = "output_format";
    public const string MaxNewTokens = "max_new_tokens";
    public const string Method = "method";
    public const string ModuleSelection = "module_selection";
    public const string Controls = "controls";

    const string DefaultExampleInputs =
        "Infer the date from context.  Q: Today, 8/3/1997, is a day that we will never forget. What is the date one week ago from today in MM/DD/YYYY? " +
        "Options: (A) 03/27/1998 (B) 09/02/1997 (C) 07/27/1997 (D) 06/29/1997 (E) 07/27/1973 (F) 12/27/1997 A:\n" +
        "Infer the date from context.  Q: May 6, 1992 is like yesterday to Jane, but that is actually ten years ago. What is the date tomorrow in MM/DD/YYYY? " +
        "Options: (A) 04/16/2002 (B) 04/07/2003 (C) 05/07/2036 (D) 05/28/2002 (E) 05/07/2002 A:\n" +
        "Infer the date from context.  Q: Today is the second day of the third month of 1966. What is the date one week ago from today in MM/DD/YYYY? " +
        "Options: (A) 02/26/1966 (B) 01/13/1966 (C) 02/02/1966 (D) 10/23/1966 (E) 02/23/1968 (F) 02/23/1966 A:";

    /// <summary>In x-order.</summary>
    public static IReadOnlyList<InputField> Fields { get; } =
    [
        new(ExampleInputs, InputType.Lines, "Few-shot inputs of the unseen task, one a line, or a JSON array of strings.") { Default = DefaultExampleInputs },
        new(ExampleOutputs, InputType.Lines, "Their right outputs, one a line, or a JSON array of strings; as many as inputs.") { Default = "(C)\n(E)\n(F)" },
        new(LoraModulesSpecified, InputType.Text, "LoRA modules to compose, separated by commas. Left out: modules are drawn at random."),
        new(NumRandomLoraModules, InputType.Integer, "How many modules to draw at random, or of the most similar; ignored when modules are specified.") { Default = 20, Minimum = 2, Maximum = 196 },
        new(MaxInferenceStep, InputType.Integer, "Budget of the search: how many times the objective may be evaluated.") { Default = 40, Minimum = 10, Maximum = 100 },
        new(Seed, InputType.Integer, "Decides the draw of modules and the random controls. Left out: random, and logged."),
        new(TestInputs, InputType.Lines, "Inputs that the adapted model answers in the same prediction, one a line, or a JSON array of strings."),
        new(TestOutputs, InputType.Lines, "The right answers to test_inputs: accuracy (exact match) is reported, adapted and zero-shot."),
        new(Composition, InputType.Text, "factors: the paper's, the sums of A and of B. delta: the sum of the modules' weight updates, any ranks and targets.")
        {
            Default = "factors",
            Choices = ["factors", "delta"],
        },
        new(Objective, InputType.Text, "reference: as lorahub computes it (the loss divided by the number of examples once more). token_loss: mean token loss + 0.05 * mean |w|.")
        {
            Default = "reference",
            Choices = ["reference", "token_loss"],
        },
        new(Optimizer, InputType.Text, "Which gradient-free search finds the weights. cobyla: the reference's. probe_cobyla: tries each module alone, then COBYLA on the best six from the best one. probe_cobyla_wide: the same with larger steps.") { Default = Optimizers.Default, Choices = [.. Optimizers.Names] },
        new(ModuleWeights, InputType.Weights, "JSON object {\"module\": weight}: compose exactly this and search nothing."),
        new(OutputFormat, InputType.Text, "adapter: a PEFT adapter. checkpoint: also the merged model, as a Hugging Face folder.")
        {
            Default = "adapter",
            Choices = ["adapter", "checkpoint"],
        },
        new(MaxNewTokens, InputType.Integer, "The longest answer to a test input, in tokens.") { Default = 256, Minimum = 1, Maximum = 1024 },
        new(Method, InputType.Text, "lorahub: the paper's method. best: the best one measured (docs/methods.md); it sets composition (delta), module_selection (probe) and optimizer (probe_cobyla_wide) where they are not given.")
        {
            Default = Methods.Default,
            Choices = [.. Methods.Names],
        },
        new(ModuleSelection, InputType.Text, "Where modules come from. random: drawn. all: the whole pool. similar: those whose cards fit the examples best. probe: each is tried alone on the examples, the best few stay.")
        {
            Default = "random",
            Choices = ["random", "all", "similar", "probe"],
        },
        new(Controls, InputType.Boolean, "Whether to compare: no modules, the best single module, the mean of all, random directions of the same norms, and the examples left out one by one.") { Default = false },
    ];

    /// <summary>The known fields of a request, as given. What is unknown (a client may send its own token by mistake) is neither kept nor named.</summary>
    public static JsonObject Known(JsonObject given)
    {
        var known = new JsonObject();
        foreach (var field in Fields)
        {
            if (given.TryGetPropertyValue(field.Name, out var value))
            {
                // Written and read again: a clone would share the request's bytes and keep what is dropped here in memory.
                known[field.Name] = value is null ? null : JsonNode.Parse(value.ToJsonString());
            }
        }

        return known;
    }
}
