using Microsoft.Extensions.Options;
using Polly;
using Polly.CircuitBreaker;
using Polly.Retry;
using Polly.Timeout;

namespace LoraHub.Modules.HuggingFace;

/// <summary>Asks again what failed in passing, not for ever, and no longer at all when the hub is down.</summary>
sealed class HubRetries
{
    /// <summary>Of so many tries in half a minute, nearly all must have failed, before the hub counts as down.</summary>
    const int FewestTries = 30;

    readonly ResiliencePipeline _pipeline;
    readonly HubOptions _options;

    public HubRetries(IOptions<HubOptions> options, TimeProvider time)
    {
        _options = options.Value;
        _pipeline = new ResiliencePipelineBuilder { TimeProvider = time }
            .AddTimeout(_options.Timeout)
            .AddRetry(new RetryStrategyOptions
            {
                ShouldHandle = arguments => ValueTask.FromResult(arguments.Outcome.Exception is TransientHubException passing && (passing.RetryAfter ?? TimeSpan.Zero) <= _options.LongestRetryAfter),
                MaxRetryAttempts = _options.Retries,
                Delay = _options.RetryDelay,
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
                MaxDelay = TimeSpan.FromMinutes(1),
                DelayGenerator = arguments => ValueTask.FromResult((arguments.Outcome.Exception as TransientHubException)?.RetryAfter),
            })
            .AddCircuitBreaker(new CircuitBreakerStrategyOptions
            {
                ShouldHandle = arguments => ValueTask.FromResult(arguments.Outcome.Exception is TransientHubException { IsTrouble: true }),
                FailureRatio = 0.9,
                MinimumThroughput = FewestTries,
                SamplingDuration = TimeSpan.FromSeconds(30),
                BreakDuration = TimeSpan.FromSeconds(15),
            })
            .Build();
    }

    /// <exception cref="HubException">The last try's.</exception>
    public async Task<T> RunAsync<T>(Func<CancellationToken, Task<T>> tryAsync, CancellationToken cancellationToken)
    {
        try
        {
            return await _pipeline.ExecuteAsync(async token => await tryAsync(token), cancellationToken);
        }
        catch (BrokenCircuitException exception)
        {
            throw new HubException("The hub has failed too often in a row and is left alone for a while; try again later.", exception);
        }
        catch (TimeoutRejectedException exception)
        {
            throw new HubException($"It took longer than Hub:Timeout, {_options.Timeout:c}.", exception);
        }
        catch (TransientHubException exception) when (exception.RetryAfter > _options.LongestRetryAfter)
        {
            throw new HubException($"{exception.Message} It asks to wait {exception.RetryAfter:c}; try again then.", exception);
        }
    }
}
