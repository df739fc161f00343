namespace LoraHub.Modules.Versions;

/// <summary>Validates the values of a record: people and other programs can edit it, and everything that reads modules relies on it.</summary>
static class RecordCheck
{
    const int DigestLength = 64;

    /// <returns>The problem, or null.</returns>
    public static string? ProblemOf(IReadOnlyList<ModuleFile> files) => files switch
    {
        _ when files.Any(file => file?.Name is null || !ModuleFiles.MostBytes.ContainsKey(file.Name)) =>
            $"`files` may contain only {string.Join(", ", ModuleFiles.MostBytes.Keys)}.",
        _ when files.Count(file => file.Name == ModuleFiles.Config) != 1
            || files.Count(file => file.Name is ModuleFiles.Weights or ModuleFiles.PickledWeights) != 1 =>
            "`files` must contain one configuration and one weights file.",
        _ when files.Any(file => file.Size < 0 || file.Size > ModuleFiles.MostBytes[file.Name]) => "a file in `files` has an invalid size.",
        _ when files.Any(file => file.Sha256 is not { Length: DigestLength } sha256 || !sha256.All(char.IsAsciiHexDigitLower)) =>
            $"a file in `files` has a sha256 that is not {DigestLength} hexadecimal digits.",
        _ => null,
    };

    /// <returns>The problem, or null.</returns>
    public static string? ProblemOf(ModuleReport report) => report switch
    {
        _ when !ModelId.IsValid(report.BaseModel) => "`report.base_model` is not owner/name.",
        { Rank: < 1 } => "`report.rank` is less than 1.",
        { Parameters: < 0 } => "`report.parameters` is negative.",
        _ when !double.IsFinite(report.Alpha) => "`report.alpha` is not a finite number.",
        _ when !IsNorm(report.Norm) => "`report.norm` is not a finite, non-negative number.",
        _ when report.Targets.Any(target => target is null) => "`report.targets` contains null.",
        _ when report.Sketch.Length % sizeof(float) != 0 => "`report.sketch` is not a sequence of 4-byte numbers.",
        _ when !report.Layers.All(IsUsable) => "`report.layers` has an entry without a name or with a number that is not finite.",
        _ => null,
    };

    static bool IsUsable(LayerReport layer) =>
        layer is { Layer: not null, SingularValues: not null } && IsNorm(layer.Norm) && IsNorm(layer.Energy) && IsNorm(layer.EffectiveRank)
        && layer.SingularValues.All(IsNorm);

    static bool IsNorm(double number) => double.IsFinite(number) && number >= 0;
}
