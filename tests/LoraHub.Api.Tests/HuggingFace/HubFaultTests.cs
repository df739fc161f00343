using LoraHub.Modules.HuggingFace;
using Microsoft.AspNetCore.Http;

namespace LoraHub.Api.Tests.HuggingFace;

/// <summary>Transient errors of the Hub are retried; persistent ones are reported in one line.</summary>
public sealed class HubFaultTests
{
    [Theory]
    [InlineData(nameof(HubFault.Busy))]
    [InlineData(nameof(HubFault.Down))]
    [InlineData(nameof(HubFault.Cut))]
    [InlineData(nameof(HubFault.Short))]
    [InlineData(nameof(HubFault.WrongByte))]
    [InlineData(nameof(HubFault.Stall))]
    public async Task A_fault_that_occurs_once_per_file_is_retried(string fault)
    {
        await using var hub = await StartAsync();
        hub.Fault = request => request is { IsFile: true, Number: 1 } ? Enum.Parse<HubFault>(fault) : HubFault.None;
        using var here = WithTimeout(hub);

        Assert.IsType<PullOutcome.Downloaded>(Assert.Single(await here.PullAsync("anna/one")));

        Assert.All(
            Samples.Module(1).Where(file => file.Name is "README.md" or "adapter_config.json" or "adapter_model.safetensors"),
            file => Assert.Equal(file.Content, here.Read("anna/one", file.Name)));
        Assert.Contains(hub.Requests, request => request.IsCdn && request.Number > 1);
    }

    [Theory]
    [InlineData(nameof(HubFault.Cut))]
    [InlineData(nameof(HubFault.Short))]
    [InlineData(nameof(HubFault.Stall))]
    public async Task A_truncated_download_is_resumed_where_it_stopped(string fault)
    {
        await using var hub = await StartAsync();
        var weights = Samples.Module(1).Single(file => file.Name == "adapter_model.safetensors").Content;
        hub.Fault = request => request is { IsCdn: true, Number: 1 } ? Enum.Parse<HubFault>(fault) : HubFault.None;
        using var here = WithTimeout(hub);

        await here.PullAsync("anna/one");

        Assert.Equal([null, $"bytes={weights.Length / 2}-"], hub.Requests.Where(request => request.IsCdn).Select(request => request.Range));
        Assert.Equal(weights, here.Read("anna/one", "adapter_model.safetensors"));
        Assert.Equal(here.Bytes["anna/one"], hub.Sent);
    }

    [Theory]
    [InlineData(nameof(HubFault.NoRanges))]
    [InlineData(nameof(HubFault.NoSuchRange))]
    public async Task A_download_from_a_server_without_ranges_restarts(string fault)
    {
        await using var hub = await StartAsync();
        hub.Fault = request => request switch
        {
            { IsCdn: true, Number: 1 } => HubFault.Cut,
            { IsCdn: true, Number: 2 } => Enum.Parse<HubFault>(fault),
            _ => HubFault.None,
        };
        using var here = WithTimeout(hub);

        Assert.IsType<PullOutcome.Downloaded>(Assert.Single(await here.PullAsync("anna/one")));

        Assert.Equal(Samples.Module(1)[3].Content, here.Read("anna/one", "adapter_model.safetensors"));
    }

    [Theory]
    [InlineData(nameof(HubFault.Busy), "The Hub limits the request rate (429).")]
    [InlineData(nameof(HubFault.Down), "The Hub failed to answer (503).")]
    [InlineData(nameof(HubFault.Cut), "The connection to the Hub broke.")]
    [InlineData(nameof(HubFault.WrongByte), "adapter_model.safetensors of anna/one does not match the digest that the Hub lists for it.")]
    [InlineData(nameof(HubFault.Stall), "The Hub sent nothing for 00:00:01.")]
    public async Task A_persistent_fault_is_reported_and_no_module_appears(string fault, string message)
    {
        await using var hub = await StartAsync();
        hub.Fault = request => request.IsCdn ? Enum.Parse<HubFault>(fault) : HubFault.None;
        using var here = WithTimeout(hub, ("Hub:Retries", "1"));

        Assert.Equal(message, await here.FailureAsync("anna/one"));

        Assert.Empty(here.Library.List());
        Assert.Contains("adapter_model.safetensors.part", here.Incoming);
    }

    [Fact]
    public async Task An_unreachable_hub_is_reported()
    {
        using var here = new DownloadsUnderTest("http://127.0.0.1:9/", ("Hub:Retries", "1"));

        Assert.Equal("Could not connect to the Hub at http://127.0.0.1:9 (ConnectionError).", await here.FailureAsync("anna/one"));
    }

    [Fact]
    public async Task Requests_to_a_hub_that_keeps_failing_are_paused()
    {
        await using var hub = await HuggingFaceServer.StartAsync();
        hub.Fault = _ => HubFault.Down;
        using var here = new DownloadsUnderTest(hub.Endpoint, ("Hub:Retries", "100"));

        Assert.Equal("The Hub failed too often in a row; requests to it are paused. Try again later.", await here.FailureAsync("anna/one"));

        Assert.InRange(hub.Requests.Count, 2, 50);
    }

    [Theory]
    [InlineData("1000")]
    [InlineData("Tue, 31 Dec 2199 23:59:59 GMT")]
    public async Task A_retry_after_beyond_the_limit_fails_at_once(string retryAfter)
    {
        await using var hub = await HuggingFaceServer.StartAsync();
        hub.Answer = (http, _) =>
        {
            http.Response.StatusCode = 429;
            http.Response.Headers.RetryAfter = retryAfter;
            return Task.FromResult(true);
        };
        using var here = new DownloadsUnderTest(hub.Endpoint);

        Assert.StartsWith("The Hub limits the request rate (429). Try again after ", await here.FailureAsync("anna/one"), StringComparison.Ordinal);
        Assert.Single(hub.Requests);
    }

    [Theory]
    [InlineData(
        401, "RepoNotFound", false, "anna/one does not exist on HUB, or it is private: set HF_TOKEN (or Hub:Token) to a token with access to it.")]
    [InlineData(401, null, false, "anna/one does not exist on HUB, or it is private: set HF_TOKEN (or Hub:Token) to a token with access to it.")]
    [InlineData(
        404,
        "RepoNotFound",
        true,
        "anna/one does not exist on HUB, or the owner of this token has no access to it, or the token is no longer valid.")]
    [InlineData(401, "GatedRepo", false, "anna/one is gated: request access at HUB/anna/one, then set HF_TOKEN (or Hub:Token) to your token.")]
    [InlineData(403, "GatedRepo", true, "anna/one is gated: request access at HUB/anna/one; the owner of this token has no access yet.")]
    [InlineData(403, null, true, "The Hub denied access to anna/one; the token needs read permission for it (403).")]
    [InlineData(404, "RevisionNotFound", false, "anna/one has no revision main.")]
    [InlineData(404, "EntryNotFound", false, "anna/one has no file ", true)]
    [InlineData(401, "GatedRepo", false, "anna/one is gated: request access at HUB/anna/one, then set HF_TOKEN (or Hub:Token) to your token.", true)]
    [InlineData(418, null, false, "The Hub answered 418 to the request for anna/one.")]
    public async Task Each_error_response_has_its_own_message(int status, string? code, bool hasToken, string message, bool isFile = false)
    {
        await using var hub = await StartAsync();
        hub.Answer = (http, request) =>
        {
            if (request.IsFile == isFile)
            {
                HuggingFaceServer.Refuse(http, status, code ?? "");
            }

            return Task.FromResult(request.IsFile == isFile);
        };
        using var here = new DownloadsUnderTest(hub.Endpoint, hasToken ? [("HF_TOKEN", "hf_secret")] : []);

        var failure = await here.FailureAsync("anna/one");

        Assert.StartsWith(message.Replace("HUB", hub.Endpoint, StringComparison.Ordinal), failure, StringComparison.Ordinal);
        Assert.DoesNotContain("hf_secret", failure, StringComparison.Ordinal);
        Assert.Empty(here.Library.List());
    }

    [Theory]
    [InlineData("CDN/loop", "The Hub redirected in a circle, or more than 5 times.")]
    [InlineData("HUB/chain?", "The Hub redirected in a circle, or more than 5 times.")]
    [InlineData("http://169.254.169.254/latest/meta-data", "The Hub redirected to an address in a private network;")]
    [InlineData("http://[::ffff:10.0.0.1]/", "The Hub redirected to an address in a private network;")]
    [InlineData("http://localhost:1/", "The Hub redirected to an address in a private network;")]
    [InlineData("file:///etc/passwd", "The Hub redirected to an invalid URL.")]
    [InlineData("http://user:password@127.0.0.1/", "The Hub redirected to an invalid URL.")]
    public async Task An_unsafe_or_endless_redirect_is_not_followed(string location, string message)
    {
        await using var hub = await StartAsync();
        hub.Answer = (http, request) =>
        {
            if (request.IsFile || request.Path.StartsWith("/chain", StringComparison.Ordinal))
            {
                http.Response.StatusCode = 302;
                http.Response.Headers.Location =
                    location.Replace("CDN", hub.Cdn, StringComparison.Ordinal).Replace("HUB", hub.Endpoint, StringComparison.Ordinal)
                    + (location.EndsWith('?') ? $"{Guid.NewGuid()}" : "");
                return Task.FromResult(true);
            }

            return Task.FromResult(false);
        };
        using var here = new DownloadsUnderTest(hub.Endpoint);

        Assert.StartsWith(message, await here.FailureAsync("anna/one"), StringComparison.Ordinal);
        Assert.InRange(hub.Requests.Count, 2, 8);
    }

    [Fact]
    public async Task The_token_is_sent_to_the_hub_and_not_to_a_redirects_target()
    {
        await using var hub = await StartAsync();
        using var here = new DownloadsUnderTest(hub.Endpoint, ("HF_TOKEN", "hf_secret"));

        Assert.IsType<PullOutcome.Downloaded>(Assert.Single(await here.PullAsync("anna/one")));

        Assert.All(hub.Requests, request => Assert.Equal(request.IsCdn ? null : "Bearer hf_secret", request.Authorization));
        Assert.Contains(hub.Requests, request => request.IsCdn);
    }

    [Fact]
    public async Task A_relative_redirect_is_followed_with_the_token()
    {
        await using var hub = await StartAsync();
        hub.Answer = async (http, request) =>
        {
            if (request.Path == "/moved")
            {
                await http.Response.Body.WriteAsync(Samples.Module(1).Single(file => file.Name == "README.md").Content);
                return true;
            }

            if (request.Path.EndsWith("/README.md", StringComparison.Ordinal))
            {
                http.Response.StatusCode = 307;
                http.Response.Headers.Location = "/moved";
                return true;
            }

            return false;
        };
        using var here = new DownloadsUnderTest(hub.Endpoint, ("HF_TOKEN", "hf_secret"));

        Assert.IsType<PullOutcome.Downloaded>(Assert.Single(await here.PullAsync("anna/one")));

        Assert.Equal("Bearer hf_secret", Assert.Single(hub.Requests, request => request.Path == "/moved").Authorization);
    }

    [Theory]
    [InlineData("no json", "The Hub's response about anna/one is not a valid list of files at a commit.")]
    [InlineData("""{"sha": "../../../etc", "siblings": []}""", "The Hub's response about anna/one is not a valid list of files at a commit.")]
    [InlineData(
        """
        {"sha": "0123456789012345678901234567890123456789", "siblings": [{"rfilename": "adapter_config.json"}, {"rfilename": "adapter_model.bin"}]}
        """,
        "The Hub lists no size and digest for adapter_config.json of anna/one; a download could not be verified.")]
    public async Task An_invalid_response_is_reported(string answer, string message)
    {
        await using var hub = await HuggingFaceServer.StartAsync();
        hub.Answer = async (http, _) =>
        {
            await http.Response.WriteAsync(answer);
            return true;
        };
        using var here = new DownloadsUnderTest(hub.Endpoint);

        Assert.Equal(message, await here.FailureAsync("anna/one"));
    }

    static async Task<HuggingFaceServer> StartAsync()
    {
        var hub = await HuggingFaceServer.StartAsync();
        hub.Add("anna/one", Samples.Module(1));
        return hub;
    }

    /// <summary>Where the server stalls, the try runs out of time.</summary>
    static DownloadsUnderTest WithTimeout(HuggingFaceServer hub, params (string Key, string Value)[] settings)
    {
        var here = new DownloadsUnderTest(hub.Endpoint, [("Hub:TryTimeout", "00:00:01"), .. settings]);
        hub.Stalling = () => here.TimeOutAsync(hub);
        return here;
    }
}
