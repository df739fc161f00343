using LoraHub.Api.Predictions;
using LoraHub.Api.Worker;
using LoraHub.Core.Predictions;

namespace LoraHub.Api.Commands;

/// <summary>Runs a prediction in this process, with the service's intake, queue, runner and events.</summary>
static class LocalPrediction
{
    /// <exception cref="UsageException">The inputs are invalid or too large.</exception>
    public static async Task<Prediction> CreateAsync(Invocation invocation, PredictionRequest request) =>
        Created(await invocation.Service<PredictionIntake>().CreateAsync(request, invocation.CancellationToken));

    /// <exception cref="UsageException">The inputs are invalid or too large.</exception>
    public static Prediction Created(IntakeResult result) => result switch
    {
        IntakeResult.Accepted(var prediction) => prediction,
        IntakeResult.Invalid(var errors) => throw new UsageException(
            string.Join('\n', errors.Select(error => $"{error.Field}: {error.Message}"))),
        IntakeResult.TooLarge(var reason) => throw new UsageException(reason),
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    /// <summary>Runs the prediction to its end. Ctrl+C cancels it.</summary>
    /// <param name="watchAsync">Shows its progress until it ends, or until the token is canceled because nothing runs it any more.</param>
    public static async Task<Prediction> RunAsync(Invocation invocation, Prediction created, Func<CancellationToken, Task<Prediction>> watchAsync)
    {
        var queue = invocation.Service<IPredictionQueue>();
        return (await RunAsync(
            invocation, created, watchAsync, () => _ = queue.CancelAsync(created.Id, CancellationToken.None), CancellationToken.None))!;
    }

    /// <summary>Runs the prediction to its end, or until it was stopped and goes on later.</summary>
    /// <param name="interrupt">Called by Ctrl+C.</param>
    /// <param name="stopping">See <see cref="PredictionRunner.RunAsync"/>.</param>
    /// <returns>Null if it has not ended.</returns>
    /// <inheritdoc cref="RunAsync(Invocation, Prediction, Func{CancellationToken, Task{Prediction}})" path="/param"/>
    public static async Task<Prediction?> RunAsync(
        Invocation invocation,
        Prediction created,
        Func<CancellationToken, Task<Prediction>> watchAsync,
        Action interrupt,
        CancellationToken stopping)
    {
        var (queue, store) = (invocation.Service<IPredictionQueue>(), invocation.Service<IPredictionStore>());
        var runner = invocation.Service<PredictionRunner>(); // before anything is watched: its services may be impossible to create
        using var abandoned = new CancellationTokenSource();
        await using var onInterrupt = invocation.CancellationToken.Register(interrupt);
        var watch = watchAsync(abandoned.Token);
        try
        {
            await using var lease = await queue.LeaseAsync(created.Created.Kind, CancellationToken.None);
            await runner.RunAsync(lease, stopping);
            if (await store.FindAsync(created.Id, CancellationToken.None) is not { IsTerminal: true })
            {
                await abandoned.CancelAsync();
                await ((Task)watch).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                return null;
            }
        }
        catch
        {
            await abandoned.CancelAsync(); // nothing records the end that the watch would wait for
            await ((Task)watch).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw;
        }

        return await watch;
    }

    /// <summary>The exit code of an ended prediction.</summary>
    public static int CodeOf(Prediction prediction) => prediction.Status switch
    {
        PredictionStatus.Succeeded => ExitCode.Succeeded,
        PredictionStatus.Canceled => ExitCode.Canceled,
        _ => ExitCode.Failed,
    };
}
