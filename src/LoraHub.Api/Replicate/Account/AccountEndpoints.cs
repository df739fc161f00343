using LoraHub.Api.Http;
using LoraHub.Api.Predictions;
using LoraHub.Inference;
using Microsoft.Extensions.Options;

namespace LoraHub.Api.Replicate.Account;

/// <summary>Whose service this is, and what it computes on.</summary>
static class AccountEndpoints
{
    public static void MapAccount(this IEndpointRouteBuilder v1)
    {
        v1.MapGet("/account", (ServedModel model) => TypedResults.Json(ReplicateAccount.From(model), WireJson.Options))
            .WithSummary("Whose service this is: the owner of its model")
            .Produces<ReplicateAccount>();
        v1.MapGet("/hardware", (IOptions<InferenceOptions> options) => TypedResults.Json<ReplicateHardware[]>([ReplicateHardware.From(options.Value)], WireJson.Options))
            .WithSummary("What predictions are computed on")
            .Produces<ReplicateHardware[]>();
    }
}

/// <param name="Type"><c>user</c> or <c>organization</c>.</param>
/// <param name="Name">Python's client requires it.</param>
public sealed record ReplicateAccount(string Type, string Username, string Name)
{
    internal static ReplicateAccount From(ServedModel model) => new("organization", model.Owner, model.Owner);
}

public sealed record ReplicateHardware(string Sku, string Name)
{
    internal static ReplicateHardware From(InferenceOptions options) =>
        options.Device == "cpu" ? new ReplicateHardware("cpu", "CPU") : new ReplicateHardware("gpu", "Nvidia GPU");
}
