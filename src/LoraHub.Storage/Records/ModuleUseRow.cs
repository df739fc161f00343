namespace LoraHub.Storage.Records;

/// <summary>
/// A module version that an unfinished prediction uses, in the table <c>module_uses</c>. The module must not be removed meanwhile. A row without a
/// prediction notes that a module or version was deleted.
/// </summary>
sealed class ModuleUseRow
{
    /// <summary>Empty if the module or version was deleted.</summary>
    public required string PredictionId { get; init; }

    public required string ModuleId { get; init; }

    /// <summary>Empty when unknown: for predictions that were created without a plan. Empty if all versions were deleted.</summary>
    public required string Digest { get; init; }
}
