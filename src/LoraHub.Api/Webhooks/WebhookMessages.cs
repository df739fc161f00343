using System.Text.Json;
using LoraHub.Api.Models;
using LoraHub.Api.Replicate.Predictions;
using LoraHub.Core.Json;
using LoraHub.Core.Predictions;

namespace LoraHub.Api.Webhooks;

/// <summary>A webhook message, the same in every attempt.</summary>
/// <param name="Id">The same in all retries, so that receivers can detect duplicates.</param>
/// <param name="Body">Serialized once, because the signature covers exactly these bytes.</param>
sealed record WebhookMessage(string Id, PredictionWebhook To, ReadOnlyMemory<byte> Body);

/// <summary>Builds messages. The body is that of <c>GET /v1/predictions/{id}</c>, whether Cog's or Replicate's API created the prediction.</summary>
sealed class WebhookMessages(Composer model, RunAddresses addresses)
{
    public WebhookMessage Of(Prediction prediction) => new(
        $"msg_{PredictionId.New()}",
        prediction.Webhook!,
        JsonSerializer.SerializeToUtf8Bytes(ReplicatePrediction.From(prediction, model, addresses), WireJson.Options));
}
