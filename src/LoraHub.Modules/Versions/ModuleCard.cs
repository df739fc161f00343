namespace LoraHub.Modules.Versions;

/// <summary>What a module's <c>README.md</c> says.</summary>
public sealed record ModuleCard
{
    /// <summary>Markdown as it came, at most 64 KiB; never trusted, never rendered.</summary>
    public string Text { get; init; } = "";

    /// <summary>
    /// What a ranking reads: the text, of its front matter only the values of tags, tasks and data sets. Empty in a version that comes from the index.
    /// </summary>
    public string Purpose { get; init; } = "";

    /// <summary>What it was trained to do (<c>pipeline_tag</c>, <c>task_categories</c> or the first <c>task:…</c> tag).</summary>
    public string? Task { get; init; }

    public IReadOnlyList<string> Tags { get; init; } = [];

    public string? License { get; init; }

    /// <summary>Training data (<c>datasets</c>).</summary>
    public IReadOnlyList<string> Datasets { get; init; } = [];

    /// <summary>How an input of the training data was made (<c>prompt_template</c>, or the first code block under a heading about it).</summary>
    public string? PromptTemplate { get; init; }
}
