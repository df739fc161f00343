using LoraHub.Core.Optimization;

namespace LoraHub.Core.Predictions.Inputs;

/// <summary>The inputs of a prediction in order: the six of the reference (predict.py of sail-sg/lorahub), then LoraHub.Api's own.</summary>
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
    public const string Adapter = "adapter";
    public const string TuningSteps = "tuning_steps";

    const string DefaultExampleInputs =
        "Infer the date from context.  Q: Today, 8/3/1997, is a day that we will never forget. " +
        "What is the date one week ago from today in MM/DD/YYYY? " +
        "Options: (A) 03/27/1998 (B) 09/02/1997 (C) 07/27/1997 (D) 06/29/1997 (E) 07/27/1973 (F) 12/27/1997 A:\n" +
        "Infer the date from context.  Q: May 6, 1992 is like yesterday to Jane, but that is actually ten years ago. " +
        "What is the date tomorrow in MM/DD/YYYY? " +
        "Options: (A) 04/16/2002 (B) 04/07/2003 (C) 05/07/2036 (D) 05/28/2002 (E) 05/07/2002 A:\n" +
        "Infer the date from context.  Q: Today is the second day of the third month of 1966. " +
        "What is the date one week ago from today in MM/DD/YYYY? " +
        "Options: (A) 02/26/1966 (B) 01/13/1966 (C) 02/02/1966 (D) 10/23/1966 (E) 02/23/1968 (F) 02/23/1966 A:";

    /// <summary>In the order of <c>x-order</c>.</summary>
    public static IReadOnlyList<InputField> Fields { get; } =
    [
        new(
            ExampleInputs,
            InputType.Lines,
            "Few-shot example inputs of the task: one per line, or a JSON array of strings.")
        {
            Default = DefaultExampleInputs,
        },
        new(
            ExampleOutputs,
            InputType.Lines,
            "The expected outputs: one per line, or a JSON array of strings; one for each input.")
        {
            Default = "(C)\n(E)\n(F)",
        },
        new(LoraModulesSpecified, InputType.Text, "LoRA modules to compose, separated by commas. If omitted, modules are drawn at random."),
        new(
            NumRandomLoraModules,
            InputType.Integer,
            "Number of modules to select at random or by similarity; ignored when modules are specified.")
        {
            Default = 20, Minimum = 2, Maximum = 196,
        },
        new(
            MaxInferenceStep,
            InputType.Integer,
            "Search budget: the maximum number of objective evaluations.")
        {
            Default = 40, Minimum = 10, Maximum = 100,
        },
        new(Seed, InputType.Integer, "Seed of the module draw and of the random controls. If omitted, a random seed is used and logged."),
        new(TestInputs, InputType.Lines, "Inputs for the adapted model to answer: one per line, or a JSON array of strings."),
        new(TestOutputs, InputType.Lines, "The expected answers to test_inputs. Reports the accuracy (exact match), adapted and zero-shot."),
        new(
            Composition,
            InputType.Text,
            "factors: sums the A and the B factors, as in the paper. delta: sums the modules' weight updates; supports any ranks "
            + "and targets.")
        {
            Default = "factors",
            Choices = ["factors", "delta"],
        },
        new(
            Objective,
            InputType.Text,
            "reference: as lorahub computes it (divides the loss by the number of examples once more). token_loss: mean token loss "
            + "+ 0.05 * mean |w|.")
        {
            Default = "reference",
            Choices = ["reference", "token_loss"],
        },
        new(
            Optimizer,
            InputType.Text,
            "Gradient-free optimizer of the weights. cobyla: the reference's. probe_cobyla: tries each module alone, then runs "
            + "COBYLA on the best six, starting from the best one. probe_cobyla_wide: the same with larger steps.")
        {
            Default = Optimizers.Default, Choices = [.. Optimizers.Names],
        },
        new(ModuleWeights, InputType.Weights, "JSON object {\"module\": weight}, or the list `output.weights` "
            + "of a prediction, with its composition: composes exactly these modules, without a search. Of a tuned prediction it gives the "
            + "composition before the tuning; use `adapter` for the tuned result."),
        new(OutputFormat, InputType.Text, "adapter: a PEFT adapter. checkpoint: also the merged model, as a Hugging Face folder.")
        {
            Default = "adapter",
            Choices = ["adapter", "checkpoint"],
        },
        new(
            MaxNewTokens,
            InputType.Integer,
            "Maximum length of an answer to a test input, in tokens.")
        {
            Default = 256, Minimum = 1, Maximum = 1024,
        },
        new(
            Method,
            InputType.Text,
            "lorahub: the paper's method. best: the best method without gradients that was measured (docs/methods.md); sets composition (delta), "
            + "module_selection (probe) and optimizer (probe_cobyla_wide) unless given. tuned: best, then gradient steps on the composed "
            + "adapter; also sets tuning_steps (10) unless given.")
        {
            Default = Methods.Default,
            Choices = [.. Methods.Names],
        },
        new(
            ModuleSelection,
            InputType.Text,
            "How modules are selected. random: drawn at random. all: the whole pool. similar: modules whose cards match the "
            + "examples best. probe: tries each module alone on the examples and keeps the best few. slopes: ranks a pool of any size by one "
            + "gradient and keeps the best few.")
        {
            Default = "random",
            Choices = ["random", "all", "similar", "probe", "slopes"],
        },
        new(
            Controls,
            InputType.Boolean,
            "Whether to run controls: no modules, the best single module, the uniform mean, random directions with the same norms, "
            + "and leave-one-out.")
        {
            Default = false,
        },
        new(
            Adapter,
            InputType.Text,
            "An earlier result to use again, without a search: the id of a prediction, the URL of its adapter.zip on this service, or a module "
            + "(owner/name). Answers test_inputs with it.")
        {
            IsReference = true,
        },
        new(
            TuningSteps,
            InputType.Integer,
            "Gradient steps on the composed adapter after the search, on the few-shot examples. A step takes about as long as 3 evaluations and "
            + "is not part of max_inference_step. Needs composition delta.")
        {
            Default = 0, Minimum = 0, Maximum = 100,
        },
    ];
}
