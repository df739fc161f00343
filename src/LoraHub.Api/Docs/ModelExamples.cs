using System.Text.Json;
using LoraHub.Api.Predictions;
using LoraHub.Api.Replicate;
using LoraHub.Api.Replicate.Account;
using LoraHub.Api.Replicate.Collections;
using LoraHub.Api.Replicate.Deployments;
using LoraHub.Api.Replicate.Models;

namespace LoraHub.Api.Docs;

/// <summary>What the answers about the model and the service look like.</summary>
static class ModelExamples
{
    /// <param name="at">The time that stands in them.</param>
    public static IEnumerable<object> Of(ServedModel served, DateTimeOffset at)
    {
        var version = ReplicateVersion.From(served) with { CreatedAt = at, OpenapiSchema = Shortened() };
        var model = ReplicateModel.From(served, "http://localhost:5000", runCount: 12) with { LatestVersion = version };
        var hardware = new ReplicateHardware("cpu", "CPU");
        var deployment = ReplicateDeployment.From(served, hardware);
        deployment = deployment with { CurrentRelease = deployment.CurrentRelease with { CreatedAt = at } };
        return
        [
            version,
            new ReplicatePage<ReplicateVersion>(null, null, [version]),
            model,
            new ReplicatePage<ReplicateModel>(null, null, [model]),
            new ReplicateSearch("lora", [new ReplicateFound(model, new ReplicateFoundMetadata(ServedModel.Description, ["lora"], 1))], [], []),
            ReplicateAccount.From(served),
            new[] { hardware },
            deployment,
            new ReplicatePage<ReplicateDeployment>(null, null, [deployment]),
            new ReplicatePage<ReplicateCollection>(null, null, []),
            Shortened(),
        ];
    }

    /// <summary>Cog's document, but for nearly all of it.</summary>
    static JsonElement Shortened() => JsonElement.Parse(
        """{"openapi": "3.0.2", "components": {"schemas": {"Input": {"title": "Input", "type": "object", "properties": {"seed": {"x-order": 5, "title": "Seed", "type": "integer"}}}}}}""");
}
