using System.Text.Json;
using LoraHub.Inference.Models;
using LoraHub.Inference.Tokenization;

using static TorchSharp.torch;

namespace LoraHub.Inference.Tests.Predictions;

/// <summary>An unseen task of the bundle: five examples, then the test lines.</summary>
sealed record TaskFile(IReadOnlyList<string> Inputs, IReadOnlyList<string> Targets)
{
    public const int Examples = 5;

    public IReadOnlyList<string> TestInputs => [.. Inputs.Skip(Examples)];

    public IReadOnlyList<string> TestTargets => [.. Targets.Skip(Examples)];

    public static TaskFile Read(string task)
    {
        var lines = File.ReadLines(Path.Combine(Golden.Tasks, task + ".jsonl")).Select(line => JsonDocument.Parse(line).RootElement).ToArray();
        return new TaskFile([.. lines.Select(line => line.GetProperty("input").GetString()!)],
            [.. lines.Select(line => line.GetProperty("target").GetString()!)]);
    }
}

/// <summary>The shipped base model and its tokenizer, loaded once for a test class.</summary>
public sealed class MiniModel : IDisposable
{
    internal BaseModel Fp32 { get; } = Load(ScalarType.Float32);

    internal static BaseModel Load(ScalarType type) =>
        new("lorahub/t5-mini", TestModels.Mini(type), T5Tokenizer.Load(Path.Combine(Golden.Models, "lorahub", "t5-mini")));

    internal int[][] Tokenize(IEnumerable<string> texts) => [.. texts.Select(text => Fp32.Tokenizer.Encode(text).Ids)];

    public void Dispose() => Fp32.Dispose();
}
