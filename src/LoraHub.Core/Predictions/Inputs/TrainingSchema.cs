namespace LoraHub.Core.Predictions.Inputs;

/// <summary>The inputs of a training, in order: its own, then those of the composer that a training takes.</summary>
public static class TrainingSchema
{
    public const string Type = "type";
    public const string TrainData = "train_data";
    public const string ValidationData = "validation_data";
    public const string InitFrom = "init_from";
    public const string Rank = "rank";
    public const string Alpha = "alpha";
    public const string TargetModules = "target_modules";
    public const string Scope = "scope";
    public const string LearningRate = "learning_rate";
    public const string Schedule = "schedule";
    public const string Epochs = "epochs";
    public const string Steps = "steps";
    public const string BatchSize = "batch_size";
    public const string Warmup = "warmup";
    public const string WeightDecay = "weight_decay";
    public const string Dropout = "dropout";
    public const string Validation = "validation";
    public const string EarlyStopping = "early_stopping";
    public const string MaxTokens = "max_tokens";

    /// <summary>The values of <see cref="Type"/>.</summary>
    public const string Compose = "compose", Tune = "tune", ComposeAndTune = "compose_and_tune";

    /// <summary>The inputs that only a training by gradient has, in the order of <c>x-order</c>.</summary>
    public static IReadOnlyList<InputField> OwnFields { get; } =
    [
        new(
            Type,
            InputType.Text,
            "`compose` searches the weights of modules; `tune` trains a LoRA by gradient; `compose_and_tune` does one after the other.")
        {
            Default = Compose, Choices = [Compose, Tune, ComposeAndTune],
        },
        new(
            TrainData,
            InputType.Text,
            "The data: a URL of /v1/files, a data URL, or the text itself. JSON Lines with `input` and `target` (or `prompt` and `completion`), "
            + "or CSV with such a header.")
        {
            IsReference = true,
        },
        new(ValidationData, InputType.Text, "Data to validate on, in the same forms. Replaces `validation`.") { IsReference = true },
        new(InitFrom, InputType.Text, "The module version to start from: owner/name or owner/name@digest. If omitted, the LoRA starts at zero.")
        {
            IsReference = true,
        },
        new(Rank, InputType.Integer, "Rank of a new LoRA.") { Default = 16, Minimum = 1, Maximum = 512 },
        new(Alpha, InputType.Number, "Scales a new LoRA by alpha / rank. Default: twice the rank.") { Minimum = 0.001, Maximum = 10_000 },
        new(TargetModules, InputType.Lines, "Linear layers of a new LoRA, by the ends of their names: one per line, or a JSON array of strings.")
        {
            Default = "q\nv",
        },
        new(Scope, InputType.Text, "Which part of the model is trained.") { Default = "all", Choices = ["all", "encoder", "decoder"] },
        new(LearningRate, InputType.Number, "The highest learning rate.") { Default = 0.001, Minimum = 0, Maximum = 1 },
        new(Schedule, InputType.Text, "The learning rate after the warm-up.") { Default = "linear", Choices = ["constant", "linear", "cosine"] },
        new(Epochs, InputType.Number, "Passes over the data. Default: 3, unless `steps` is given.") { Minimum = 0.01, Maximum = 10_000 },
        new(Steps, InputType.Integer, "Number of updates, instead of `epochs`.") { Minimum = 1, Maximum = 1_000_000 },
        new(BatchSize, InputType.Integer, "Examples in one step.") { Default = 8, Minimum = 1, Maximum = 1024 },
        new(Warmup, InputType.Integer, "Steps over which the learning rate rises from 0.") { Default = 0, Minimum = 0, Maximum = 1_000_000 },
        new(WeightDecay, InputType.Number, "AdamW's decoupled weight decay.") { Default = 0.01, Minimum = 0, Maximum = 1 },
        new(Dropout, InputType.Number, "Dropout of the LoRA's input.") { Default = 0, Minimum = 0, Maximum = 0.9 },
        new(Validation, InputType.Number, "Fraction of the data that is kept apart to validate on; 0 for none.")
        {
            Default = 0, Minimum = 0, Maximum = 0.9,
        },
        new(
            EarlyStopping,
            InputType.Integer,
            "Ends after this many validations without a lower loss, and takes the best version; 0 to go on to the end.")
        {
            Default = 0, Minimum = 0, Maximum = 1000,
        },
        new(MaxTokens, InputType.Integer, "Tokens of an example's input and target; longer ones are cut.")
        {
            Default = 512, Minimum = 1, Maximum = 4096,
        },
    ];

    /// <summary>All inputs; a composition's follow the training's own.</summary>
    public static IReadOnlyList<InputField> Fields { get; } =
        [.. OwnFields, .. InputSchema.Fields.Where(field => field.Name is not (InputSchema.Adapter or InputSchema.OutputFormat))];
}
