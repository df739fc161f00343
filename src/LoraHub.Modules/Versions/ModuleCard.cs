namespace LoraHub.Modules.Versions;

/// <summary>The content of a module's card, <c>README.md</c>.</summary>
public sealed record ModuleCard
{
    /// <summary>The original Markdown, at most 64 KiB; untrusted.</summary>
    public string Text { get; init; } = "";

    /// <summary>
    /// The text for rankings: the body, and from the front matter only tags, tasks and data sets. Empty in a version from the index.
    /// </summary>
    public string Purpose { get; init; } = "";

    /// <summary>The task it was trained for (<c>pipeline_tag</c>, <c>task_categories</c> or the first <c>task:…</c> tag).</summary>
    public string? Task { get; init; }

    public IReadOnlyList<string> Tags { get; init; } = [];

    public string? License { get; init; }

    /// <summary>Training data (<c>datasets</c>).</summary>
    public IReadOnlyList<string> Datasets { get; init; } = [];

    /// <summary>The template of the training inputs (<c>prompt_template</c>, or the first code block under a heading about it).</summary>
    public string? PromptTemplate { get; init; }
}
