using System.Text.Json.Nodes;
using LoraHub.Core.Predictions;
using LoraHub.Core.Predictions.Inputs;
using LoraHub.Core.Trainings;
using LoraHub.Modules.Versions;

namespace LoraHub.Storage.Tests.Contracts;

/// <summary>Modules to register and to plan with.</summary>
static class Some
{
    public static readonly DateTimeOffset Moment = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    public static string Digest(char digit) => new(digit, 64);

    public static ModuleVersion Module(string id, char digit = '1', string card = "", string? task = null, params string[] tags) => new()
    {
        Id = id,
        Digest = Digest(digit),
        Size = 1234,
        Stamp = $"stamp {digit}",
        IsOwned = true,
        Report = Report(),
        PublishedAt = Moment,
        BaseModel = "lorahub/t5-mini",
        Rank = 8,
        Card = new ModuleCard { Text = card, Task = task, Tags = tags },
    };

    /// <summary>The plan of a request that gives no input.</summary>
    public static CompositionPlan Plan(params ModuleUse[] uses) => new(InputParser.Parse([]).Input!, 42, uses);

    /// <summary>The plan of a call of a module, or of the base model alone.</summary>
    public static GenerationPlan TextPlan(ModuleUse? module, string prompt = "mimsy ; sea ;")
    {
        var input = PromptParser.Parse(new JsonObject { ["prompt"] = prompt, ["stop"] = new JsonArray("\n", ";"), ["temperature"] = 0.5 }).Input!;
        return new GenerationPlan(input, "lorahub/t5-mini", module, 42);
    }

    /// <summary>The plan of a training with a value in every property.</summary>
    public static TrainingPlan TrainingPlan(CompositionPlan? composition = null, ModuleUse? start = null)
    {
        var given = new JsonObject { ["type"] = "compose_and_tune", ["steps"] = 7, ["validation"] = 0.25, ["target_modules"] = "q\nwi_0" };
        var plan = new TrainingPlan(
            TrainingParser.Parse(given).Input!,
            "lorahub/t5-mini",
            composition,
            start,
            Digest('d'),
            Digest('e'),
            new TrainingDestination("mine/colors", "me", IsAdmin: true),
            42);
        return plan with { Warnings = ["Unknown input: `top`."] };
    }

    public static ModuleVersion Broken(string id) => Module(id) with
    {
        Digest = null,
        BaseModel = "",
        Rank = 0,
        Report = null,
        Defect = "adapter_model.safetensors is truncated.",
    };

    public static ModuleReport Report(string baseModel = "lorahub/t5-mini", int rank = 8) => new()
    {
        BaseModel = baseModel,
        BaseModelDigest = Digest('b'),
        Rank = rank,
        Alpha = 16,
        Targets = ["q", "v"],
        DType = "F32",
        Parameters = 55296,
        Norm = 1.25,
        Layers = [new LayerReport("encoder.block.0.layer.0.SelfAttention.q", 0.5, 0.16, [0.4, 0.3], 1.75)],
        Sketch = [1, 2, 3, 4],
    };
}
