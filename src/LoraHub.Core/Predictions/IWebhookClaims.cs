namespace LoraHub.Core.Predictions;

/// <summary>
/// Which process tells a prediction's webhook, so that each is told by one at a time and by another when that one is lost. A claim that was not
/// renewed for <see cref="Validity"/> is free again.
/// </summary>
public interface IWebhookClaims
{
    static readonly TimeSpan Validity = TimeSpan.FromSeconds(30);

    /// <summary>Takes predictions whose webhooks are not all told and that nobody else tells, the oldest first.</summary>
    /// <param name="ids">Which of them to look at, or null for all.</param>
    Task<IReadOnlyList<WebhookClaim>> ClaimAsync(IReadOnlyCollection<string>? ids, int limit, CancellationToken cancellationToken);

    /// <summary>Holds on to this process's claims.</summary>
    /// <returns>Those that it still has.</returns>
    Task<IReadOnlySet<string>> RenewAsync(IReadOnlyCollection<string> ids, CancellationToken cancellationToken);

    /// <summary>Remembers that the prediction's <c>start</c> webhook was told; it is not told again.</summary>
    Task TellStartAsync(string id, CancellationToken cancellationToken);

    /// <summary>Remembers that there is nothing more to tell of the prediction.</summary>
    Task CloseAsync(string id, CancellationToken cancellationToken);

    /// <summary>Leaves this process's claims to others at once.</summary>
    Task ReleaseAsync(IReadOnlyCollection<string> ids, CancellationToken cancellationToken);
}

/// <summary>A prediction whose webhook this process tells.</summary>
/// <param name="Created">As it was before its first event.</param>
/// <param name="StartTold">Whether its <c>start</c> was told before.</param>
/// <param name="IsTakenOver">Whether another process had it before, which may have told more than it could remember.</param>
public sealed record WebhookClaim(Prediction Created, bool StartTold, bool IsTakenOver);
