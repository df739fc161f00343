using System.Text.Json.Nodes;
using LoraHub.Core.Predictions;
using LoraHub.Core.Predictions.Inputs;

namespace LoraHub.Api.Tests.Support;

/// <summary>Predictions that answer a prompt with a scripted module.</summary>
static class Prompt
{
    public static readonly ModuleUse Module = new("lorahub/plurals", new string('7', 64));

    public static CreatedPrediction Create(string prompt, long seed = 7) => new()
    {
        Id = PredictionId.New(),
        Kind = PredictionKind.Generate,
        Model = Module.Id,
        Version = Module.Digest,
        Input = new JsonObject { [PromptSchema.Prompt] = prompt, [PromptSchema.Seed] = seed },
        Plan = new GenerationPlan(
            new PromptInput { Prompt = prompt, MaxNewTokens = 256, Temperature = 0, TopP = 1, TopK = 0, Beams = 1, Seed = seed },
            "lorahub/scripted",
            Module,
            seed),
        Origin = "http://localhost",
        CreatedAt = TimeProvider.System.GetUtcNow(),
    };
}
