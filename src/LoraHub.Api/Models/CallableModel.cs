using LoraHub.Core.Models;
using LoraHub.Core.Predictions;
using LoraHub.Core.Predictions.Inputs;
using LoraHub.Modules.Versions;

namespace LoraHub.Api.Models;

/// <summary>What a prediction calls: the composer, a base model, or a version of a module.</summary>
/// <param name="Name"><c>owner/name</c>.</param>
/// <param name="Version">64 hexadecimal digits; empty if its files cannot be read, or there is none.</param>
/// <param name="Kind">What a call does.</param>
sealed record CallableModel(string Name, string Version, PredictionKind Kind)
{
    /// <summary>The id of the base model that answers; null for the composer.</summary>
    public string? BaseModel { get; init; }

    /// <summary>The version of a module, or null.</summary>
    public ModuleVersion? Module { get; init; }

    /// <summary>What clients have stored about it, as far as it was looked up; or null.</summary>
    public ModelEntry? Entry { get; init; }

    /// <summary>Why it cannot be called now, or null.</summary>
    public string? Problem { get; init; }

    public bool IsComposer => Kind == PredictionKind.Compose;

    /// <summary>Whether it is a name that a client has created and not yet published a version of.</summary>
    public bool IsEmpty => Entry is not null && Version.Length == 0 && Module is null;

    /// <summary>The model's inputs, in order.</summary>
    public IReadOnlyList<InputField> Fields => IsComposer ? InputSchema.Fields : PromptSchema.Fields;

    /// <summary>The first half of <see cref="Name"/>.</summary>
    public string Owner => Name[..Name.IndexOf('/', StringComparison.Ordinal)];
}
