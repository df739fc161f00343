namespace LoraHub.Core.Predictions;

/// <summary>
/// Assigns each prediction's webhook to one process at a time, and to another one when that process is lost. A claim expires unless it is
/// renewed within <see cref="Validity"/>.
/// </summary>
public interface IWebhookClaims
{
    static readonly TimeSpan Validity = TimeSpan.FromSeconds(30);

    /// <summary>Claims predictions with pending webhooks that no other process has claimed, oldest first.</summary>
    /// <param name="ids">Considers only these predictions; null for all.</param>
    Task<IReadOnlyList<WebhookClaim>> ClaimAsync(IReadOnlyCollection<string>? ids, int limit, CancellationToken cancellationToken);

    /// <summary>Renews this process's claims.</summary>
    /// <returns>The claims that it still holds.</returns>
    Task<IReadOnlySet<string>> RenewAsync(IReadOnlyCollection<string> ids, CancellationToken cancellationToken);

    /// <summary>Records that the prediction's <c>start</c> webhook is being sent, so that it is not sent again.</summary>
    Task MarkStartSentAsync(string id, CancellationToken cancellationToken);

    /// <summary>Records that the prediction has no more webhooks to send.</summary>
    Task CloseAsync(string id, CancellationToken cancellationToken);

    /// <summary>Releases this process's claims immediately.</summary>
    Task ReleaseAsync(IReadOnlyCollection<string> ids, CancellationToken cancellationToken);
}

/// <summary>A prediction whose webhook this process sends.</summary>
/// <param name="Created">The prediction before its first event.</param>
/// <param name="StartTold">Whether <c>start</c> was already sent.</param>
/// <param name="IsTakenOver">Whether another process held the claim before; it may have sent more than it recorded.</param>
public sealed record WebhookClaim(Prediction Created, bool StartTold, bool IsTakenOver);
