using LoraHub.Core.Trainings;

namespace LoraHub.Web.Trainings;

/// <summary>What was found in the data of a training before it starts.</summary>
public sealed record DataPreview
{
    /// <summary>Those before the first problem.</summary>
    public int Examples { get; init; }

    /// <summary>In words; null for a table of the form.</summary>
    public string? Format { get; init; }

    /// <summary>The names of an example's parts.</summary>
    public (string Input, string Target) Columns { get; init; } = ("input", "target");

    /// <summary>The names of what is not read.</summary>
    public IReadOnlyList<string> Ignored { get; init; } = [];

    public IReadOnlyList<TrainingExample> First { get; init; } = [];

    /// <summary>In characters.</summary>
    public int LongestInput { get; init; }

    /// <summary>In characters.</summary>
    public int LongestTarget { get; init; }

    /// <summary>The tokens of a text that are kept; null if nothing is cut, or it could not be found out.</summary>
    public int? MostTokens { get; init; }

    /// <summary>The examples with a text that would be cut.</summary>
    public int Cut { get; init; }

    /// <summary>Whether all long texts were looked at.</summary>
    public bool IsCutComplete { get; init; }

    /// <summary>The steps of the training; null if it does not tune.</summary>
    public int? Steps { get; init; }

    /// <summary>About inputs without effect.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>What is wrong, with the number of the first bad line; null if nothing is.</summary>
    public string? Problem { get; init; }
}
