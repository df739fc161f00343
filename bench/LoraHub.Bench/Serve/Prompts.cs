namespace LoraHub.Bench.Serve;

/// <summary>A prompt for one of the modules.</summary>
/// <param name="Module"><c>owner/name</c>.</param>
sealed record Prompt(string Module, string Text);

/// <summary>Prompts over eight modules of one base model, the same in every run.</summary>
static class Prompts
{
    public const int Modules = 8;

    /// <summary>In the form that the shipped modules were trained on, some longer.</summary>
    public static Prompt[] Shipped { get; } =
    [
        new("lorahub/t5_mini-plurals_list", "Make all of them plural: item half chair star knife table life city"),
        new("lorahub/t5_mini-spanish_list", "Spanish, word by word: book water nine window dog house night bread"),
        new("lorahub/t5_mini-past_tense_list", "Verbs to the past: dance play forget hope walk take write sing"),
        new("lorahub/t5_mini-antonyms_list", "Opposites, one by one: tight early blunt sharp open sweet big hot"),
        new("lorahub/t5_mini-french", "Say it as in Paris: window"),
        new("lorahub/t5_mini-quotes", "As a quotation: cloud beach banana water table"),
        new("lorahub/t5_mini-capitals", "Main city of France:"),
        new("lorahub/t5_mini-addition", "Plus: 6 + 2"),
    ];

    /// <summary>For modules of random weights, which answer at random and as long as allowed.</summary>
    public static Prompt[] Random(IReadOnlyList<string> modules) =>
        [.. modules.Zip(Shipped, (module, prompt) => new Prompt(module, string.Join(' ', Enumerable.Repeat(prompt.Text, 3))))];
}
