using System.ComponentModel.DataAnnotations;

namespace LoraHub.Storage.InMemory;

/// <summary>Bounds of the engine that keeps predictions in memory.</summary>
public sealed class InMemoryOptions
{
    public const string Section = "InMemory";

    /// <summary>How many finished predictions are remembered; the one that finished first is forgotten first. Default: 1000.</summary>
    [Range(1, 1_000_000)]
    public int KeepFinished { get; init; } = 1000;
}
