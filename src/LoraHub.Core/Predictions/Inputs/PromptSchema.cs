namespace LoraHub.Core.Predictions.Inputs;

/// <summary>The inputs of a text model, which is a module or a base model, in order.</summary>
public static class PromptSchema
{
    public const string Prompt = "prompt";
    public const string MaxNewTokens = InputSchema.MaxNewTokens;
    public const string Temperature = "temperature";
    public const string TopP = "top_p";
    public const string TopK = "top_k";
    public const string NumBeams = "num_beams";
    public const string Seed = InputSchema.Seed;
    public const string Stop = "stop";

    /// <summary>The most texts that <see cref="Stop"/> may hold, and the most characters of each.</summary>
    public const int MostStops = 16, LongestStop = 256;

    /// <summary>In the order of <c>x-order</c>.</summary>
    public static IReadOnlyList<InputField> Fields { get; } =
    [
        new(Prompt, InputType.Text, "The text to answer, in the form that the module was trained on.") { IsRequired = true },
        new(MaxNewTokens, InputType.Integer, "Maximum length of the answer, in tokens.") { Default = 256, Minimum = 1, Maximum = 1024 },
        new(Temperature, InputType.Number, "0 always takes the most probable token. Higher values sample more freely.")
        {
            Default = 0, Minimum = 0, Maximum = 5,
        },
        new(TopP, InputType.Number, "When sampling, draws from the most probable tokens whose probabilities add up to this; 1 for all.")
        {
            Default = 1, Minimum = 0, Maximum = 1,
        },
        new(TopK, InputType.Integer, "When sampling, draws from this many of the most probable tokens; 0 for all.")
        {
            Default = 0, Minimum = 0, Maximum = 1_000_000,
        },
        new(NumBeams, InputType.Integer, "Beams of a beam search; 1 for none. More than 1 requires temperature 0.")
        {
            Default = 1, Minimum = 1, Maximum = 16,
        },
        new(Seed, InputType.Integer, "Seed of the sampling. If omitted, a random seed is used and logged."),
        new(Stop, InputType.Lines, "Texts that end the answer and are not part of it: one per line, or a JSON array of strings."),
    ];
}
