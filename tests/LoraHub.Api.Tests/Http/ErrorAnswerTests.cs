using System.Data.Common;
using System.Net;
using LoraHub.Api.Tests.Support;
using LoraHub.Core;

namespace LoraHub.Api.Tests.Http;

/// <summary>The responses when the storage is unavailable.</summary>
public sealed class ErrorAnswerTests
{
    const string Secret = "canary in a message";

    public static TheoryData<Exception, HttpStatusCode, string> Troubles => new()
    {
        { new StorageUnavailableException("There is no room left to store predictions.", new IOException(Secret)) { IsFull = true },
            HttpStatusCode.InsufficientStorage, "There is no room left to store predictions." },
        { new StorageUnavailableException("Predictions cannot be stored now.", new IOException(Secret)), HttpStatusCode.ServiceUnavailable,
            "Predictions cannot be stored now." },
        { new IOException(Secret, NoSpace), HttpStatusCode.InsufficientStorage, "There is no room left on the service's disk." },
        { new DatabaseException(), HttpStatusCode.ServiceUnavailable, "The database cannot be reached; try again later." },
        { new InvalidOperationException(Secret, new DatabaseException()), HttpStatusCode.ServiceUnavailable,
            "The database cannot be reached; try again later." },
        { new IOException(Secret), HttpStatusCode.InternalServerError, "The request failed unexpectedly; see the service's log." },
    };

    static int NoSpace => OperatingSystem.IsWindows() ? unchecked((int)0x80070070) : 28;

    [Theory]
    [MemberData(nameof(Troubles), DisableDiscoveryEnumeration = true)]
    public async Task Each_API_reports_the_error_in_its_own_format_and_the_log_quotes_nothing(Exception trouble,
        HttpStatusCode statusCode, string reason)
    {
        await using var service = new Service();
        var client = await service.ReadyAsync();
        service.Library.Broken = trouble;

        using var replicate = await client.PostAsync("/v1/predictions", """{"version": "lorahub/lorahub", "input": {}}""");
        using var cog = await client.PostAsync("/predictions", "{}");

        Assert.Equal((statusCode, statusCode), (replicate.StatusCode, cog.StatusCode));
        Assert.Equal("application/problem+json", replicate.Content.Headers.ContentType!.MediaType);
        var problem = await replicate.JsonAsync();
        Assert.Equal((reason, (int)statusCode), (problem.Text("detail"), (int)problem["status"]!));
        var failure = await cog.JsonAsync();
        Assert.Equal((reason, "failed"), (failure.Text("error"), failure.Text("status")));
        Assert.All([replicate, cog],
            response => Assert.Equal(statusCode == HttpStatusCode.ServiceUnavailable, response.Headers.RetryAfter is not null));
        Assert.Contains(trouble.GetType().ToString(), service.Log.Text, StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, service.Log.Text, StringComparison.Ordinal);
    }

    sealed class DatabaseException() : DbException(Secret);
}
