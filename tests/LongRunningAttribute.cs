using Xunit.v3;

namespace LoraHub.Testing;

/// <summary>
/// Marks a fault or load run that takes long: <c>.ci/run</c> counts it and leaves it to <c>.ci/run --all</c>.
/// A short test must cover the same behavior.
/// </summary>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Method)]
sealed class LongRunningAttribute : Attribute, ITraitAttribute
{
    public IReadOnlyCollection<KeyValuePair<string, string>> GetTraits() => [new("Tier", "long")];
}
