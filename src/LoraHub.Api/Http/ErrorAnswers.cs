using System.Data.Common;
using LoraHub.Api.Cog;
using LoraHub.Api.Replicate;
using LoraHub.Core;
using Microsoft.AspNetCore.Diagnostics;

namespace LoraHub.Api.Http;

/// <summary>Answers where no handler did, in the shape of the front that was asked.</summary>
static partial class ErrorAnswers
{
    const string Unexpected = "The request failed unexpectedly; the service's log says more.";

    const string NoRoom = "There is no room left on the service's disk.";

    const string NoRecords = "The records cannot be reached now; try again.";

    public static void UseErrorAnswers(this WebApplication app)
    {
        app.Use((http, next) => CutShortAsync(http, next, app.Logger));
        app.UseExceptionHandler(new ExceptionHandlerOptions
        {
            ExceptionHandler = http => ExplainExceptionAsync(http, app.Logger),
            SuppressDiagnosticsCallback = _ => true, // it would write the exception's message
        });

        // Cog leaves these bodies empty.
        app.UseStatusCodePages(pages => IsReplicate(pages.HttpContext) ? ExplainAsync(pages.HttpContext)
            : AsksForList(pages.HttpContext) ? CogErrors.NoList().ExecuteAsync(pages.HttpContext)
            : Task.CompletedTask);
    }

    /// <summary>Whether the front that is asked is Replicate's.</summary>
    public static bool IsReplicate(HttpContext http) => http.Request.Path.StartsWithSegments("/v1", StringComparison.OrdinalIgnoreCase);

    /// <summary>An answer that has begun can only be cut short; what is thrown would go to the server's own log, message and all.</summary>
    static async Task CutShortAsync(HttpContext http, RequestDelegate next, ILogger logger)
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
        else
        {
            LogUnavailable(logger, statusCode, exception.GetType(), exception.StackTrace);
        }

        if (statusCode == StatusCodes.Status503ServiceUnavailable)
        {
            http.Response.Headers.RetryAfter = "10"; // nobody knows when; clients that read it would otherwise be back at once
        }

        return (IsReplicate(http) ? Problems.Because(statusCode, title, reason) : CogErrors.Failure(statusCode, reason)).ExecuteAsync(http);
    }

    static (int StatusCode, string? Title, string Reason) Explain(Exception exception) => exception switch
    {
        StorageUnavailableException { IsFull: true } full => (StatusCodes.Status507InsufficientStorage, null, full.Message),
        StorageUnavailableException unavailable => (StatusCodes.Status503ServiceUnavailable, null, unavailable.Message),
        IOException io when DiskRoom.IsMissing(io) => (StatusCodes.Status507InsufficientStorage, null, NoRoom),
        _ when IsOfDatabase(exception) => (StatusCodes.Status503ServiceUnavailable, null, NoRecords),
        _ => (StatusCodes.Status500InternalServerError, "Internal server error", Unexpected),
    };

    /// <summary>Entity Framework wraps what a database says.</summary>
    static bool IsOfDatabase(Exception exception) => exception is DbException || (exception.InnerException is { } inner && IsOfDatabase(inner));

    static bool AsksForList(HttpContext http) =>
        http.Response.StatusCode == StatusCodes.Status405MethodNotAllowed && http.Request.Path == "/predictions" && HttpMethods.IsGet(http.Request.Method);

    static Task ExplainAsync(HttpContext http) => (http.Response.StatusCode switch
    {
        StatusCodes.Status404NotFound => Problems.NotFound(),
        StatusCodes.Status405MethodNotAllowed => Problems.Because(StatusCodes.Status405MethodNotAllowed, null, "This method is not allowed here; see the header Allow."),
        var other => Problems.Because(other, null, "The request cannot be answered."),
    }).ExecuteAsync(http);

    [LoggerMessage(LogLevel.Warning, "A request was answered {StatusCode}, since what it asked for could not be stored or read: {ExceptionType}\n{StackTrace}")]
    static partial void LogUnavailable(ILogger logger, int statusCode, Type exceptionType, string? stackTrace);

    // Without the exception's message: that may quote what the client sent.
    [LoggerMessage(LogLevel.Error, "A request failed unexpectedly: {ExceptionType}\n{StackTrace}")]
    static partial void LogUnexpected(ILogger logger, Type exceptionType, string? stackTrace);
}
