using LoraHub.Modules.HuggingFace;
using Microsoft.AspNetCore.Http;

namespace LoraHub.Api.Tests.HuggingFace;

/// <summary>A hub that misbehaves in passing is asked again; one that goes on with it is told in a line.</summary>
public sealed class HubFaultTests
{
    [Theory]
    [InlineData(nameof(HubFault.Busy))]
    [InlineData(nameof(HubFault.Down))]
    [InlineData(nameof(HubFault.Cut))]
    [InlineData(nameof(HubFault.Short))]
    [InlineData(nameof(HubFault.WrongByte))]
    [InlineData(nameof(HubFault.Stall))]
    public async Task What_goes_wrong_once_with_every_file_is_made_up_for(string fault)
    {
        await using var hub = await StartAsync();
        hub.Fault = request => request is { IsFile: true, Number: 1 } ? Enum.Parse<HubFault>(fault) : HubFault.None;
        using var here = Patient(hub, fault);

        Assert.IsType<PullOutcome.Brought>(Assert.Single(await here.PullAsync("anna/one")));

        Assert.All(Samples.Module(1).Where(file => file.Name is "README.md" or "adapter_config.json" or "adapter_model.safetensors"), file => Assert.Equal(file.Content, here.Read("anna/one", file.Name)));
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
        using var here = Patient(hub, fault);

        await here.PullAsync("anna/one");

        Assert.Equal([null, $"bytes={weights.Length / 2}-"], hub.Requests.Where(request => request.IsCdn).Select(request => request.Range));
        Assert.Equal(weights, here.Read("anna/one", "adapter_model.safetensors"));
        Assert.Equal(here.Bytes["anna/one"], hub.Sent);
    }

    [Theory]
    [InlineData(nameof(HubFault.NoRanges))]
    [InlineData(nameof(HubFault.NoSuchRange))]
    public async Task A_server_that_cannot_go_on_starts_over(string fault)
    {
        await using var hub = await StartAsync();
        hub.Fault = request => request switch
        {
            { IsCdn: true, Number: 1 } => HubFault.Cut,
            { IsCdn: true, Number: 2 } => Enum.Parse<HubFault>(fault),
            _ => HubFault.None,
        };
        using var here = Patient(hub, fault);

        Assert.IsType<PullOutcome.Brought>(Assert.Single(await here.PullAsync("anna/one")));

        Assert.Equal(Samples.Module(1)[3].Content, here.Read("anna/one", "adapter_model.safetensors"));
    }

    [Theory]
    [InlineData(nameof(HubFault.Busy), "The hub asks for fewer requests (429).")]
    [InlineData(nameof(HubFault.Down), "The hub is in trouble (503).")]
    [InlineData(nameof(HubFault.Cut), "The connection to the hub broke.")]
    [InlineData(nameof(HubFault.WrongByte), "adapter_model.safetensors of anna/one came with other bytes than the hub's digest of it says.")]
    [InlineData(nameof(HubFault.Stall), "The hub was silent for 00:00:01.")]
    public async Task What_goes_wrong_for_ever_is_said_and_nothing_of_it_is_seen(string fault, string message)
    {
        await using var hub = await StartAsync();
        hub.Fault = request => request.IsCdn ? Enum.Parse<HubFault>(fault) : HubFault.None;
        using var here = Patient(hub, fault, ("Hub:Retries", "1"));

        Assert.Equal(message, await here.FailureAsync("anna/one"));

        Assert.Empty(here.Library.List());
        Assert.Contains("adapter_model.safetensors.part", here.Incoming);
    }

    [Fact]
    public async Task A_hub_that_is_not_there_is_said_to_be_so()
    {
        using var here = new DownloadsUnderTest("http://127.0.0.1:9", ("Hub:Retries", "1"));

        Assert.Equal("The hub cannot be reached (ConnectionError).", await here.FailureAsync("anna/one"));
    }

    [Fact]
    public async Task A_hub_that_only_fails_is_left_alone_after_a_while()
    {
        await using var hub = await HuggingFaceServer.StartAsync();
        hub.Fault = _ => HubFault.Down;
        using var here = new DownloadsUnderTest(hub.Endpoint, ("Hub:Retries", "100"));

        Assert.Equal("The hub has failed too often in a row and is left alone for a while; try again later.", await here.FailureAsync("anna/one"));

        Assert.InRange(hub.Requests.Count, 2, 50);
    }

    [Theory]
    [InlineData("1000")]
    [InlineData("Tue, 31 Dec 2199 23:59:59 GMT")]
    public async Task A_hub_that_asks_for_too_long_a_wait_is_not_waited_for(string retryAfter)
    {
        await using var hub = await HuggingFaceServer.StartAsync();
        hub.Answer = (http, _) =>
        {
            http.Response.StatusCode = 429;
            http.Response.Headers.RetryAfter = retryAfter;
            return Task.FromResult(true);
        };
        using var here = new DownloadsUnderTest(hub.Endpoint);

        Assert.StartsWith("The hub asks for fewer requests (429). It asks to wait ", await here.FailureAsync("anna/one"), StringComparison.Ordinal);
        Assert.Single(hub.Requests);
    }

    [Theory]
    [InlineData(401, "RepoNotFound", false, "anna/one is not on HUB, or it is private: HF_TOKEN (or Hub:Token) may hold the token of someone who can see it.")]
    [InlineData(401, null, false, "anna/one is not on HUB, or it is private: HF_TOKEN (or Hub:Token) may hold the token of someone who can see it.")]
    [InlineData(404, "RepoNotFound", true, "anna/one is not on HUB, or the owner of this token may not see it, or the token is no longer valid.")]
    [InlineData(401, "GatedRepo", false, "anna/one is gated: ask for access at HUB/anna/one, then set HF_TOKEN (or Hub:Token) to your token.")]
    [InlineData(403, "GatedRepo", true, "anna/one is gated: ask for access at HUB/anna/one; the owner of this token has none yet.")]
    [InlineData(403, null, true, "The hub forbids anna/one to this token; it needs the right to read it (403).")]
    [InlineData(404, "RevisionNotFound", false, "anna/one has no revision main.")]
    [InlineData(404, "EntryNotFound", false, "anna/one has no file ", true)]
    [InlineData(401, "GatedRepo", false, "anna/one is gated: ask for access at HUB/anna/one, then set HF_TOKEN (or Hub:Token) to your token.", true)]
    [InlineData(418, null, false, "The hub answered 418 to anna/one.")]
    public async Task Refusals_are_told_apart(int status, string? code, bool hasToken, string message, bool isFile = false)
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
    [InlineData("CDN/loop", "The hub redirects in a circle, or more than 5 times.")]
    [InlineData("HUB/chain?", "The hub redirects in a circle, or more than 5 times.")]
    [InlineData("http://169.254.169.254/latest/meta-data", "The hub redirects to an address of a private network, which is not followed")]
    [InlineData("http://[::ffff:10.0.0.1]/", "The hub redirects to an address of a private network, which is not followed")]
    [InlineData("http://localhost:1/", "The hub redirects to an address of a private network, which is not followed")]
    [InlineData("file:///etc/passwd", "The hub redirects to what is no web address.")]
    [InlineData("http://user:password@127.0.0.1/", "The hub redirects to what is no web address.")]
    public async Task A_redirect_that_leads_astray_is_not_followed(string location, string message)
    {
        await using var hub = await StartAsync();
        hub.Answer = (http, request) =>
        {
            if (request.IsFile || request.Path.StartsWith("/chain", StringComparison.Ordinal))
            {
                http.Response.StatusCode = 302;
                http.Response.Headers.Location = location.Replace("CDN", hub.Cdn, StringComparison.Ordinal).Replace("HUB", hub.Endpoint, StringComparison.Ordinal)
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
    public async Task The_token_goes_to_the_hub_and_not_to_where_it_redirects()
    {
        await using var hub = await StartAsync();
        using var here = new DownloadsUnderTest(hub.Endpoint, ("HF_TOKEN", "hf_secret"));

        Assert.IsType<PullOutcome.Brought>(Assert.Single(await here.PullAsync("anna/one")));

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

        Assert.IsType<PullOutcome.Brought>(Assert.Single(await here.PullAsync("anna/one")));

        Assert.Equal("Bearer hf_secret", Assert.Single(hub.Requests, request => request.Path == "/moved").Authorization);
    }

    [Theory]
    [InlineData("no json", "What the hub says of anna/one is not a list of files at a commit.")]
    [InlineData("""{"sha": "../../../etc", "siblings": []}""", "What the hub says of anna/one is not a list of files at a commit.")]
    [InlineData("""{"sha": "0123456789012345678901234567890123456789", "siblings": [{"rfilename": "adapter_config.json"}, {"rfilename": "adapter_model.bin"}]}""", "The hub has no size and digest of adapter_config.json of anna/one, so that it could not be verified.")]
    public async Task What_is_no_answer_of_a_hub_is_said_to_be_so(string answer, string message)
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

    /// <summary>With all but silence, where that is what is tried.</summary>
    static DownloadsUnderTest Patient(HuggingFaceServer hub, string fault, params (string Key, string Value)[] settings) => new(hub.Endpoint, [("Hub:TryTimeout", fault == nameof(HubFault.Stall) ? "00:00:01" : "00:00:20"), .. settings]);
}
