namespace LoraHub.Storage.Records;

/// <summary>
/// A module version that an unfinished prediction uses, in the table <c>module_uses</c>. The module must not be removed meanwhile.
/// </summary>
sealed class ModuleUseRow
{
    public required string PredictionId { get; init; }

    public required string ModuleId { get; init; }

    /// <summary>Empty when unknown: for predictions that were created without a plan.</summary>
    public required string Digest { get; init; }
}
