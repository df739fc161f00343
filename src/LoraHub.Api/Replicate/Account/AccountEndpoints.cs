using LoraHub.Api.Models;
using LoraHub.Core;
using LoraHub.Core.Json;
using LoraHub.Inference;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;

namespace LoraHub.Api.Replicate.Account;

/// <summary>Maps <c>/v1/account</c> and <c>/v1/hardware</c>.</summary>
static class AccountEndpoints
{
    public static void MapAccount(this IEndpointRouteBuilder v1)
    {
        v1.MapGet("/account", (Composer model) => TypedResults.Json(ReplicateAccount.From(model), WireJson.Options))
            .WithName("account.get")
            .WithSummary("Get the account: the owner of the model")
            .Produces<ReplicateAccount>();
        v1.MapGet("/hardware", ListHardware)
            .WithName("hardware.list")
            .WithSummary("List the hardware that runs predictions")
            .Produces<ReplicateHardware[]>();
    }

    static JsonHttpResult<ReplicateHardware[]> ListHardware(IOptions<InferenceOptions> inference, IOptions<QueueOptions> queue) =>
        TypedResults.Json<ReplicateHardware[]>([ReplicateHardware.From(inference.Value, queue.Value)], WireJson.Options);
}

/// <param name="Type"><c>user</c> or <c>organization</c>.</param>
/// <param name="Name">Required by Python's client.</param>
public sealed record ReplicateAccount(string Type, string Username, string Name)
{
    internal static ReplicateAccount From(Composer model) => new("organization", model.Owner, model.Owner);
}

/// <param name="Sku">The name of the queue, <c>Queue:Hardware</c>.</param>
public sealed record ReplicateHardware(string Sku, string Name)
{
    internal static ReplicateHardware From(InferenceOptions inference, QueueOptions queue) => new(
        queue.Hardware,
        inference.Device != "cpu" ? "Nvidia GPU"
        : queue.Hardware == "cpu" ? "CPU"
        : queue.Hardware);
}
