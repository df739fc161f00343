using Microsoft.Extensions.Options;
using Polly;
using Polly.CircuitBreaker;
using Polly.Retry;
using Polly.Timeout;

namespace LoraHub.Modules.HuggingFace;

/// <summary>Retries requests after transient errors, within a total timeout. A circuit breaker stops requests while the Hub is down.</summary>
sealed class HubRetries
{
    /// <summary>The circuit opens only after this many attempts in the sampling period, most of which failed.</summary>
    const int MinimumAttempts = 30;

    readonly ResiliencePipeline _pipeline;
    readonly HubOptions _options;

    public HubRetries(IOptions<HubOptions> options, TimeProvider time)
    {
        _options = options.Value;
        _pipeline = new ResiliencePipelineBuilder { TimeProvider = time }
            .AddTimeout(_options.Timeout)
            .AddRetry(new RetryStrategyOptions
            {
                ShouldHandle = arguments => ValueTask.FromResult(
                    arguments.Outcome.Exception is TransientHubException transient
                    && (transient.RetryAfter ?? TimeSpan.Zero) <= _options.LongestRetryAfter),
                MaxRetryAttempts = _options.Retries,
                Delay = _options.RetryDelay,
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
                MaxDelay = TimeSpan.FromMinutes(1),
                DelayGenerator = arguments => ValueTask.FromResult((arguments.Outcome.Exception as TransientHubException)?.RetryAfter),
            })
            .AddCircuitBreaker(new CircuitBreakerStrategyOptions
            {
                ShouldHandle = arguments => ValueTask.FromResult(arguments.Outcome.Exception is TransientHubException { IsOutage: true }),
                FailureRatio = 0.9,
                MinimumThroughput = MinimumAttempts,
                SamplingDuration = TimeSpan.FromSeconds(30),
                BreakDuration = TimeSpan.FromSeconds(15),
            })
            .Build();
    }

    /// <exception cref="HubException">The error of the last attempt.</exception>
    public async Task<T> RunAsync<T>(Func<CancellationToken, Task<T>> tryAsync, CancellationToken cancellationToken)
    {
        try
        {
            return await _pipeline.ExecuteAsync(async token => await tryAsync(token), cancellationToken);
        }
        catch (BrokenCircuitException exception)
        {
            throw new HubException("The Hub failed too often in a row; requests to it are paused. Try again later.", exception);
        }
        catch (TimeoutRejectedException exception)
        {
            throw new HubException($"The transfer took longer than Hub:Timeout, {_options.Timeout:c}.", exception);
        }
        catch (TransientHubException exception) when (exception.RetryAfter > _options.LongestRetryAfter)
        {
            throw new HubException($"{exception.Message} Try again after {exception.RetryAfter:c}.", exception);
        }
    }
}
