using LoraHub.Api.Docs;

namespace LoraHub.Api.Webhooks;

/// <summary>An example of a signing secret.</summary>
sealed class WebhookExamples : IAnswerExamples
{
    public object? Find(Type type, int statusCode) =>
        type == typeof(WebhookSecret) ? new WebhookSecret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw") : null;
}
