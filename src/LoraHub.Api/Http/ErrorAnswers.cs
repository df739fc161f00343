using System.Data.Common;
using LoraHub.Core;
using Microsoft.AspNetCore.Diagnostics;

namespace LoraHub.Api.Http;

/// <summary>Writes errors that no handler wrote, in the <see cref="IErrorFormat"/> that covers the request.</summary>
static partial class ErrorAnswers
{
    const string Unexpected = "The request failed unexpectedly; see the service's log.";

    const string DiskFull = "There is no room left on the service's disk.";

    const string DatabaseUnreachable = "The database cannot be reached; try again later.";

    public static void UseErrorAnswers(this WebApplication app)
    {
        app.Use((http, next) => AbortOnErrorAsync(http, next, app.Logger));
        app.UseExceptionHandler(new ExceptionHandlerOptions
        {
            ExceptionHandler = http => ExplainExceptionAsync(http, app.Logger),
            SuppressDiagnosticsCallback = _ => true, // the diagnostics would log the exception's message
        });

        app.UseStatusCodePages(pages =>
            pages.HttpContext.ErrorFormat().Unhandled(pages.HttpContext)?.ExecuteAsync(pages.HttpContext) ?? Task.CompletedTask);
    }

    /// <summary>
    /// Aborts a response that has already started when its handler throws. Otherwise the server would log the exception with its message.
    /// </summary>
    static async Task AbortOnErrorAsync(HttpContext http, RequestDelegate next, ILogger logger)
    {
        try
        {
            await next(http);
        }
        catch (Exception exception) when (http.Response.HasStarted && !http.RequestAborted.IsCancellationRequested)
        {
            LogUnexpected(logger, exception.GetType(), exception.StackTrace);
            http.Abort();
        }
    }

    static Task ExplainExceptionAsync(HttpContext http, ILogger logger)
    {
        var exception = http.Features.Get<IExceptionHandlerFeature>()!.Error;
        var (statusCode, title, reason) = Explain(exception);
        if (statusCode == StatusCodes.Status500InternalServerError)
        {
            LogUnexpected(logger, exception.GetType(), exception.StackTrace);
        }
        else if (statusCode >= StatusCodes.Status500InternalServerError)
        {
            LogUnavailable(logger, statusCode, exception.GetType(), exception.StackTrace);
        }

        if (statusCode == StatusCodes.Status503ServiceUnavailable)
        {
            http.Response.Headers.RetryAfter = "10"; // an estimate; without it some clients would retry at once
        }

        return http.Error(statusCode, title, reason).ExecuteAsync(http);
    }

    static (int StatusCode, string? Title, string Reason) Explain(Exception exception) => exception switch
    {
        StorageUnavailableException { IsFull: true } full => (StatusCodes.Status507InsufficientStorage, null, full.Message),
        StorageUnavailableException unavailable => (StatusCodes.Status503ServiceUnavailable, null, unavailable.Message),
        IOException io when DiskSpace.IsExhausted(io) => (StatusCodes.Status507InsufficientStorage, null, DiskFull),
        BadHttpRequestException bad => (bad.StatusCode, null, "The request could not be read to its end."),
        _ when IsDatabaseError(exception) => (StatusCodes.Status503ServiceUnavailable, null, DatabaseUnreachable),
        _ => (StatusCodes.Status500InternalServerError, "Internal server error", Unexpected),
    };

    /// <summary>Entity Framework wraps database exceptions.</summary>
    static bool IsDatabaseError(Exception exception) => exception is DbException || (exception.InnerException is { } inner && IsDatabaseError(inner));

    [LoggerMessage(LogLevel.Warning, "A request failed with status {StatusCode} because storage is unavailable: {ExceptionType}\n{StackTrace}")]
    static partial void LogUnavailable(ILogger logger, int statusCode, Type exceptionType, string? stackTrace);

    // Omits the exception's message, which may quote the client's input.
    [LoggerMessage(LogLevel.Error, "A request failed unexpectedly: {ExceptionType}\n{StackTrace}")]
    static partial void LogUnexpected(ILogger logger, Type exceptionType, string? stackTrace);
}
