using LoraHub.Api.Pages;
using LoraHub.Api.Tests.Support;

namespace LoraHub.Api.Tests.Pages;

/// <summary>Pages of runs that go on.</summary>
public sealed class LivePageTests
{
    [Fact]
    public async Task Nothing_is_rendered_for_a_reader_who_has_not_taken_what_was_sent()
    {
        await using var service = new Service();
        using var open = new SemaphoreSlim(0);
        service.Predictor.TextScript = async (_, progress, cancellationToken) =>
        {
            await open.WaitAsync(cancellationToken);
            progress.Generated(new string('x', 200_000));
            for (var piece = 0; piece < 30; piece++)
            {
                await Task.Delay(100, cancellationToken);
                progress.Generated(" x");
            }
        };
        var client = await service.ReadyAsync();
        var id = (await client.PostJsonAsync("/v1/predictions", """{"version": "lorahub/plurals", "input": {"prompt": "a"}}""")).Text("id")!;
        using var page = await client.OpenAsync($"/predictions/{id}");
        open.Release();
        await client.UntilPredictionAsync(id, "succeeded");

        var html = await page.TextAsync();

        Assert.InRange(html.Split("<dt>Answer</dt>").Length - 1, 2, 5); // before it, the long one, at the end
        Assert.Contains("succeeded", html, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_long_prompt_is_sent_once_and_only_its_beginning()
    {
        await using var service = new Service();
        using var open = new SemaphoreSlim(0);
        service.Predictor.TextScript = async (_, progress, cancellationToken) =>
        {
            await open.WaitAsync(cancellationToken);
            progress.Generated("yes");
        };
        var client = await service.ReadyAsync();
        var prompt = "beginning" + new string('p', 100_000) + "ending";
        var id = (await client.PostJsonAsync("/v1/predictions", $$$"""{"version": "lorahub/plurals", "input": {"prompt": "{{{prompt}}}"}}"""))
            .Text("id")!;
        using var page = await client.OpenAsync($"/predictions/{id}");
        open.Release();
        await client.UntilPredictionAsync(id, "succeeded");

        var live = await page.TextAsync();
        var past = await client.PageAsync($"/predictions/{id}");

        var shown = past.Split("beginning").Length - 1; // above the answer, among the inputs, and in the programs that call it
        Assert.InRange(live.Split("beginning").Length - 1, 2, shown + 2); // a shorter beginning, until the run has ended
        Assert.Contains(new string('p', 10_000), past, StringComparison.Ordinal); // more than a live page shows
        Assert.DoesNotContain("ppending", live + past, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_body_tells_when_all_of_it_is_taken()
    {
        var room = new TaskCompletionSource();
        await using var body = new PacedBody(new FullConnection(room.Task));
        Assert.True(body.Sent.IsCompleted);

        var write = body.WriteAsync(new byte[1], TestContext.Current.CancellationToken).AsTask();
        var sent = body.Sent;
        Assert.False(sent.IsCompleted);
        room.SetResult();
        await write;

        await sent.WaitAsync(Limits.Wait, TestContext.Current.CancellationToken);
        Assert.True(body.Sent.IsCompleted);
    }

    /// <summary>Takes nothing until there is room.</summary>
    sealed class FullConnection(Task room) : MemoryStream
    {
        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => await room;
    }
}
