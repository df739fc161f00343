namespace LoraHub.Api.Tests.HuggingFace;

/// <summary>Uploads to a Hub that misbehaves: transient errors are retried, others are one line, and nothing is half published.</summary>
public sealed class HubPushFaultTests
{
    const string Weights = "adapter_model.safetensors";

    static readonly int Bytes = Samples.Module(1)[3].Content.Length;

    [Theory]
    [InlineData(nameof(HubFault.Busy), 0)]
    [InlineData(nameof(HubFault.Down), 0)]
    [InlineData(nameof(HubFault.Cut), 0)]
    [InlineData(nameof(HubFault.Lost), 0)]
    [InlineData(nameof(HubFault.Stall), 0)]
    [InlineData(nameof(HubFault.Busy), 50_000)]
    [InlineData(nameof(HubFault.Down), 50_000)]
    [InlineData(nameof(HubFault.Cut), 50_000)]
    [InlineData(nameof(HubFault.Lost), 50_000)]
    [InlineData(nameof(HubFault.Stall), 50_000)]
    public async Task A_fault_that_occurs_once_per_request_is_retried_and_one_commit_results(string fault, int partBytes)
    {
        await using var hub = await HuggingFaceServer.StartAsync();
        hub.Uploads.PartBytes = partBytes;
        hub.Fault = request => request.Number == 1 && request.Method != "GET" ? Enum.Parse<HubFault>(fault) : HubFault.None;
        using var here = WithTimeout(hub);
        var folder = here.Write("mine", Samples.Module(1));

        var outcome = await here.PushAsync(folder, "anna/one");

        Assert.Single(hub.Uploads.Commits);
        Assert.Equal(hub.Find("anna/one").Commit, outcome.Commit);
        Assert.Equal(["README.md", "adapter_config.json", Weights], outcome.Files);
        Assert.Equal(Samples.Module(1)[3].Content, hub.Find("anna/one").Files[Weights].Content);
        Assert.Equal((Bytes, Bytes), here.Pushed);
    }

    [Fact]
    public async Task Only_the_part_that_failed_is_sent_again()
    {
        await using var hub = await HuggingFaceServer.StartAsync();
        hub.Uploads.PartBytes = 50_000;
        hub.Fault = request => request is { IsCdn: true, Number: 1 } && request.Path.Contains("/2?", StringComparison.Ordinal)
            ? HubFault.Cut
            : HubFault.None;
        using var here = WithTimeout(hub);

        await here.PushAsync(here.Write("mine", Samples.Module(1)), "anna/one");

        var parts = (Bytes + 49_999) / 50_000;
        Assert.Equal(parts + 1, hub.Requests.Count(request => request.IsCdn));
        Assert.Equal(Bytes, hub.Uploads.Received);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(50_000)]
    public async Task An_expired_upload_url_is_replaced(int partBytes)
    {
        await using var hub = await HuggingFaceServer.StartAsync();
        hub.Uploads.PartBytes = partBytes;
        hub.Fault = request => request is { IsCdn: true, Method: "PUT" } && request.Path.EndsWith("X-Signature=1", StringComparison.Ordinal)
            ? HubFault.Expired
            : HubFault.None;
        using var here = WithTimeout(hub);

        await here.PushAsync(here.Write("mine", Samples.Module(1)), "anna/one");

        Assert.Contains(hub.Requests, request => request.Path.EndsWith("X-Signature=2", StringComparison.Ordinal));
        Assert.Equal(Samples.Module(1)[3].Content, hub.Find("anna/one").Files[Weights].Content);
        Assert.Equal((Bytes, Bytes), here.Pushed);
    }

    [Fact]
    public async Task A_push_that_broke_off_continues_without_sending_the_weights_again()
    {
        await using var hub = await HuggingFaceServer.StartAsync();
        hub.Fault = request => request.IsCommit ? HubFault.Cut : HubFault.None;
        using var here = WithTimeout(hub, ("Hub:Retries", "1"));
        var folder = here.Write("mine", Samples.Module(1));
        Assert.Equal("The connection to the Hub broke.", await here.PushFailureAsync(folder, "anna/one"));
        Assert.Equal([".gitattributes"], hub.Find("anna/one").Files.Keys);

        hub.Fault = _ => HubFault.None;
        var outcome = await here.PushAsync(folder, "anna/one");

        Assert.Equal((0, Bytes), (outcome.Bytes, hub.Uploads.Received));
        Assert.Equal(["README.md", "adapter_config.json", Weights], outcome.Files);
        Assert.Single(hub.Uploads.Commits);
    }

    [Theory]
    [InlineData(nameof(HubFault.Busy), "The Hub limits the request rate (429).")]
    [InlineData(nameof(HubFault.Down), "The Hub failed to answer (503).")]
    [InlineData(nameof(HubFault.Cut), "The connection to the Hub broke.")]
    [InlineData(nameof(HubFault.Stall), "The Hub sent nothing for 00:00:01.")]
    [InlineData(nameof(HubFault.Expired), "The Hub's storage denied adapter_model.safetensors (403), although its upload URL is new.")]
    public async Task A_persistent_fault_of_the_storage_is_reported_and_nothing_is_committed(string fault, string message)
    {
        await using var hub = await HuggingFaceServer.StartAsync();
        hub.Fault = request => request.IsCdn ? Enum.Parse<HubFault>(fault) : HubFault.None;
        using var here = WithTimeout(hub, ("Hub:Retries", "1"));

        Assert.Equal(message, await here.PushFailureAsync(here.Write("mine", Samples.Module(1)), "anna/one"));

        Assert.Empty(hub.Uploads.Commits);
    }

    [Theory]
    [InlineData("create", 401, "", "The Hub does not accept the token: set HF_TOKEN (or Hub:Token) to one with write permission for anna/one.")]
    [InlineData(
        "create",
        403,
        "",
        "The Hub denied writing to anna/one (403): the token needs write permission, and its owner must be `anna` or a member.")]
    [InlineData(
        "preupload",
        403,
        "",
        "The Hub denied writing to anna/one (403): the token needs write permission, and its owner must be `anna` or a member.")]
    [InlineData("commit", 403, "Private storage limit reached", "The storage of `anna` on the Hub is full: delete files or repositories at ")]
    [InlineData("batch", 402, "", "The storage of `anna` on the Hub is full: delete files or repositories at ")]
    [InlineData("preupload", 413, "Over the storage quota", "The storage of `anna` on the Hub is full: delete files or repositories at ")]
    [InlineData("commit", 400, "", "The Hub rejected the files of anna/one (400); check the name and the front matter of README.md.")]
    [InlineData("batch", 418, "", "The Hub answered 418 to an upload to anna/one.")]
    [InlineData("/upload/", 413, "", "The Hub's storage answered 413 to the upload of adapter_model.safetensors.")]
    [InlineData("preupload", 302, "", "The Hub redirected an upload with 302, which would drop its content.")]
    public async Task Each_error_response_has_its_own_message(string path, int status, string text, string message)
    {
        await using var hub = await HuggingFaceServer.StartAsync();
        hub.Answer = (http, request) =>
        {
            var isIt = request.Method != "GET" && request.Path.Contains(path, StringComparison.Ordinal);
            if (isIt)
            {
                http.Response.StatusCode = status;
                http.Response.Headers["X-Error-Message"] = text;
                http.Response.Headers.Location = "/elsewhere";
            }

            return Task.FromResult(isIt);
        };
        using var here = WithTimeout(hub);

        var failure = await here.PushFailureAsync(here.Write("mine", Samples.Module(1)), "anna/one");

        Assert.StartsWith(message, failure, StringComparison.Ordinal);
        Assert.DoesNotContain("hf_secret", failure, StringComparison.Ordinal);
        Assert.Empty(hub.Uploads.Commits);
    }

    [Theory]
    [InlineData(422, "invalid oid", "The Hub does not take adapter_model.safetensors of anna/one (422).")]
    [InlineData(403, "You exceeded your storage quota", "The storage of `anna` on the Hub is full: delete files or repositories at ")]
    [InlineData(507, "", "The storage of `anna` on the Hub is full: delete files or repositories at ")]
    [InlineData(500, "", "The Hub failed to prepare the upload of adapter_model.safetensors of anna/one (500).")]
    public async Task An_error_for_one_file_is_reported(int code, string text, string message)
    {
        await using var hub = await HuggingFaceServer.StartAsync();
        hub.Uploads.LfsError = (code, text);
        using var here = WithTimeout(hub, ("Hub:Retries", "1"));

        Assert.StartsWith(message, await here.PushFailureAsync(here.Write("mine", Samples.Module(1)), "anna/one"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_the_repository_ignores_is_reported()
    {
        await using var hub = await HuggingFaceServer.StartAsync();
        hub.Uploads.Ignored = [Weights];
        using var here = WithTimeout(hub);

        Assert.Equal(
            $"The .gitignore of anna/one excludes {Weights}; change it on the Hub.",
            await here.PushFailureAsync(here.Write("mine", Samples.Module(1)), "anna/one"));
    }

    [Theory]
    [InlineData("http://169.254.169.254/latest/meta-data", "The Hub sent an upload to an address in a private network;")]
    [InlineData("http://localhost:1/", "The Hub sent an upload to an address in a private network;")]
    [InlineData("file:///etc/passwd", "The Hub sent an upload to an invalid URL.")]
    [InlineData("http://user:password@127.0.0.1/", "The Hub sent an upload to an invalid URL.")]
    public async Task An_unsafe_upload_url_gets_nothing(string url, string message)
    {
        await using var hub = await HuggingFaceServer.StartAsync();
        hub.Uploads.UploadUrl = url;
        using var here = WithTimeout(hub);

        Assert.StartsWith(message, await here.PushFailureAsync(here.Write("mine", Samples.Module(1)), "anna/one"), StringComparison.Ordinal);
        Assert.Equal(0, here.Pushed.Sent);
    }

    [Theory]
    [InlineData("preupload")]
    [InlineData("batch")]
    [InlineData("commit")]
    public async Task An_invalid_response_is_reported(string path)
    {
        await using var hub = await HuggingFaceServer.StartAsync();
        hub.Answer = async (http, request) =>
        {
            var isIt = request.Path.Contains(path, StringComparison.Ordinal);
            if (isIt)
            {
                await http.Response.Body.WriteAsync(
                    """{"files": [], "objects": [{"actions": {"upload": {"href": 1}}}], "commitOid": "x"}"""u8.ToArray());
            }

            return isIt;
        };
        using var here = WithTimeout(hub);

        Assert.Equal(
            "The Hub's response to an upload is not valid.", await here.PushFailureAsync(here.Write("mine", Samples.Module(1)), "anna/one"));
    }

    [Fact]
    public async Task An_unreachable_hub_is_reported()
    {
        using var here = new DownloadsUnderTest("http://127.0.0.1:9", ("Hub:Retries", "1"), ("HF_TOKEN", "hf_secret"));

        Assert.Equal(
            "Could not connect to the Hub at http://127.0.0.1:9 (ConnectionError).",
            await here.PushFailureAsync(here.Write("mine", Samples.Module(1)), "anna/one"));
    }

    /// <summary>Where the server stalls, the try runs out of time.</summary>
    static DownloadsUnderTest WithTimeout(HuggingFaceServer hub, params (string Key, string Value)[] settings)
    {
        var here = new DownloadsUnderTest(hub.Endpoint, [("Hub:TryTimeout", "00:00:01"), ("HF_TOKEN", "hf_secret"), .. settings]);
        hub.Stalling = () => here.TimeOutAsync(hub);
        return here;
    }
}
