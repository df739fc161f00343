using System.Text.Json;
using LoraHub.Api.Http;
using LoraHub.Api.Predictions;
using LoraHub.Api.Replicate.Predictions;
using LoraHub.Core.Predictions;

namespace LoraHub.Api.Webhooks;

/// <summary>A webhook as it is sent, however often.</summary>
/// <param name="Id">The same over retries; receivers know one that they have had already by it.</param>
/// <param name="Body">Written once: these bytes are what is signed.</param>
sealed record WebhookMessage(string Id, PredictionWebhook To, ReadOnlyMemory<byte> Body);

/// <summary>Says how a prediction stands, in the words of <c>GET /v1/predictions/{id}</c>, whichever front it came by.</summary>
sealed class WebhookMessages(ServedModel model, StreamAddress streams)
{
    public WebhookMessage Of(Prediction prediction) => new(
        $"msg_{PredictionId.New()}",
        prediction.Webhook!,
        JsonSerializer.SerializeToUtf8Bytes(ReplicatePrediction.From(prediction, model, streams), WireJson.Options));
}
