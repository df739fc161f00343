using System.Net.Http.Headers;
using LoraHub.Core.Outbound;
using Microsoft.Extensions.Options;

namespace LoraHub.Api.Webhooks;

/// <summary>The outcome of one attempt.</summary>
abstract record WebhookAttempt
{
    WebhookAttempt()
    {
    }

    public sealed record Delivered : WebhookAttempt;

    /// <param name="Reason">The HTTP status, the exception's type, or why the address is refused; never a part of the URL.</param>
    /// <param name="IsFinal">Whether a retry cannot succeed.</param>
    public sealed record Failed(string Reason, bool IsFinal = false) : WebhookAttempt;
}

/// <summary>Signs a message and sends it, once.</summary>
sealed class WebhookPost(IAddressGuard guard, HostResolver resolve, WebhookKey key, IOptions<WebhookOptions> options, TimeProvider time) : IDisposable
{
    const string Refused = "the address is this service's own, or of a network that Webhooks:AllowedNetworks does not list";

    // Not from IHttpClientFactory: its clients log the URLs.
    readonly HttpMessageInvoker _http = new(new GuardedConnection(guard, resolve).CreateHandler());

    /// <param name="limit">How long the receiver may take to answer. The answer's body is not read.</param>
    public async Task<WebhookAttempt> TryAsync(WebhookMessage message, TimeSpan limit, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(limit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        using var request = Request(message);
        try
        {
            using var response = await _http.SendAsync(request, either.Token);
            return response.IsSuccessStatusCode ? new WebhookAttempt.Delivered() : new WebhookAttempt.Failed($"{(int)response.StatusCode}");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new WebhookAttempt.Failed(nameof(TimeoutException));
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            var cause = exception.InnerException ?? exception;
            return cause is RefusedAddressException
                ? new WebhookAttempt.Failed(Refused, IsFinal: true)
                : new WebhookAttempt.Failed(cause.GetType().Name);
        }
    }

    HttpRequestMessage Request(WebhookMessage message)
    {
        var now = time.GetUtcNow().ToUnixTimeSeconds();
        var request = new HttpRequestMessage(HttpMethod.Post, message.To.Url) { Content = new ReadOnlyMemoryContent(message.Body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Headers.Add("webhook-id", message.Id);
        request.Headers.Add("webhook-timestamp", $"{now}");
        request.Headers.Add("webhook-signature", key.Sign(message.Id, now, message.Body.Span));
        if (options.Value.AuthToken is { } token)
        {
            request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {token}");
        }

        foreach (var (name, value) in message.To.Trace)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return request;
    }

    public void Dispose() => _http.Dispose();
}
