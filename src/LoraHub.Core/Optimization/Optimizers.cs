namespace LoraHub.Core.Optimization;

public static class Optimizers
{
    public static IReadOnlyList<string> Names { get; } = ["cobyla"];
}
