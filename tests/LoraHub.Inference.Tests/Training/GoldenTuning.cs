using System.Text.Json;

using LoraHub.Core.Trainings;
using LoraHub.Formats.Adapters;
using LoraHub.Inference.Checkpoints;
using LoraHub.Inference.Gradients;
using LoraHub.Inference.T5;

using static TorchSharp.torch;

namespace LoraHub.Inference.Tests.Training;

/// <summary>A case of <c>tests/golden/tune</c>: base, start, batch. Owns what it loads.</summary>
sealed class GoldenTuning : IDisposable
{
    readonly TensorReader _batch;

    public GoldenTuning(string name, ScalarType type)
    {
        using var scope = NewDisposeScope();
        Name = name;
        Expected = JsonDocument.Parse(File.ReadAllText(Golden.Path("tune/tune.json"))).RootElement.GetProperty("cases").GetProperty(name);
        var baseModel = Text("base");
        Model = TestModels.Tiny(baseModel, type);
        _batch = GoldenTensors.Open($"t5/{baseModel}.{Text("batch")}.safetensors");
        Rows = new GoldenRows(Model, _batch);
        var start = Expected.GetProperty("start");
        var isAdapter = start.GetProperty("kind").GetString() == "adapter";
        var file = start.GetProperty("name").GetString()!;
        using var tensors = isAdapter ? TensorReader.OpenAdapter(Golden.Path($"lora/{file}")) : GoldenTensors.Open($"tune/{file}");
        var config = isAdapter
            ? AdapterConfig.Load(Golden.Path($"lora/{file}"))
            : new AdapterConfig { Rank = start.GetProperty("r").GetInt32(), Alpha = start.GetProperty("alpha").GetDouble() };
        var layout = AdapterLayout.Read(tensors.Entries, config);
        Factors = new LoraFactors(layout, Flat(layout, tensors, Model.StreamType), TuningScope.All);
    }

    public static TheoryData<string> Names { get; } =
        new("uniform-0.mixed", "mixed-ff.long", "all-linear.hole", "v1_0.mixed", "v1_0.ignored_inside");

    public string Name { get; }

    public JsonElement Expected { get; }

    public T5Model Model { get; }

    public GoldenRows Rows { get; }

    public LoraFactors Factors { get; }

    public double Number(string name) => Expected.GetProperty(name).GetDouble();

    public double[] Numbers(string name) => Expected.GetProperty(name).Deserialize<double[]>()!;

    /// <summary>The golden gradients, or the factors after 20 steps, in the order of ours, in double.</summary>
    public Tensor Golds(string what)
    {
        using var tensors = GoldenTensors.Open($"tune/{Name}.{what}.safetensors");
        return Flat(Factors.Layout, tensors, ScalarType.Float64);
    }

    /// <summary>The mean loss, whose gradient is then the factors'.</summary>
    public double Backward(bool recompute = false)
    {
        Factors.ClearGradient();
        var labels = Rows.Answers.Counted;
        using var gradients = new GradientT5(Model, Factors, keepsTransposes: true);
        return gradients.Backward(Rows.Inputs, Rows.Answers, 1.0 / labels, recompute: recompute) / labels;
    }

    public void Dispose()
    {
        Factors.Dispose();
        Rows.Dispose();
        _batch.Dispose();
        Model.Dispose();
    }

    static Tensor Flat(AdapterLayout layout, TensorReader tensors, ScalarType type) => cat(
        [.. layout.Slots.SelectMany(slot => new[] { slot.KeyOfA, slot.KeyOfB }).Select(key => tensors.Read(key).to(type).flatten())]);

    string Text(string name) => Expected.GetProperty(name).GetString()!;
}
