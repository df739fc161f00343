using LoraHub.Api.Cog;
using LoraHub.Api.Http;
using LoraHub.Api.Models;
using LoraHub.Api.Replicate.Account;
using LoraHub.Api.Replicate.Collections;
using LoraHub.Api.Replicate.Deployments;
using LoraHub.Api.Replicate.Models;

namespace LoraHub.Api.Replicate;

/// <summary>Example responses about the model and the service.</summary>
static class ReplicateModelExamples
{
    /// <param name="at">The creation time in the examples.</param>
    public static IEnumerable<object> Of(Composer served, DateTimeOffset at)
    {
        var version = ReplicateVersion.From(served.Model) with { CreatedAt = at, OpenapiSchema = CogExamples.Document };
        var model = ReplicateModel.From(served.Model, "http://localhost:5000", runCount: 12) with { LatestVersion = version };
        var hardware = new ReplicateHardware("cpu", "CPU");
        var account = ReplicateAccount.From(served);
        var configuration = new ReplicateConfiguration(hardware.Sku, MinInstances: 1, MaxInstances: 3);
        var release = new ReplicateRelease(2, served.Name, served.Version, at, account, configuration);
        var deployment = new ReplicateDeployment(served.Owner, "my-app", release);
        return
        [
            version,
            new ReplicatePage<ReplicateVersion>(null, null, [version]),
            model,
            new ReplicatePage<ReplicateModel>(null, null, [model]),
            new ReplicateSearch("lora", [new ReplicateFound(model, new ReplicateFoundMetadata(Composer.Description, ["lora"], 1))], [], []),
            account,
            new[] { hardware },
            deployment,
            new ReplicatePage<ReplicateDeployment>(null, null, [deployment]),
            new ReplicatePage<ReplicateCollection>(null, null, []),
        ];
    }
}
