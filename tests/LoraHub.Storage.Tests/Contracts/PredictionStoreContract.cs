using System.Text.Json.Nodes;
using LoraHub.Core.Predictions;

namespace LoraHub.Storage.Tests.Contracts;

/// <summary>The contract of every <see cref="IPredictionStore"/>.</summary>
public abstract class PredictionStoreContract : IAsyncLifetime
{
    protected abstract Task<Engine> NewEngineAsync();

    Engine _engine = null!;

    public async ValueTask InitializeAsync() => _engine = await NewEngineAsync();

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await _engine.DisposeAsync();
    }

    [Fact]
    public async Task A_created_prediction_is_found_as_it_was_given()
    {
        var created = await _engine.CreateAsync();

        var found = await _engine.FindAsync(created.Id);

        Assert.Equal(PredictionStatus.Starting, found.Status);
        Assert.Equal(created.CreatedAt, found.CreatedAt);
        Assert.Equal(created.Origin, found.Origin);
        Assert.Equal(42, (int)found.Input["seed"]!);
        Assert.Equal("", found.Logs);
        Assert.Null(found.Output);
    }

    [Fact]
    public async Task The_options_of_a_prediction_are_stored()
    {
        var created = _engine.NewPrediction("mine") with
        {
            Deadline = _engine.Time.GetUtcNow().AddMinutes(5),
            Deployment = "lorahub/mine",
            TraceParent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            Webhook = new PredictionWebhook("https://example.org/?secret=1", new HashSet<WebhookEvent> { WebhookEvent.Start, WebhookEvent.Completed })
            {
                Trace = new Dictionary<string, string> { ["traceparent"] = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01" },
            },
        };
        await _engine.Store.CreateAsync(created, capacity: 1, TestContext.Current.CancellationToken);

        var found = await _engine.FindAsync("mine");

        Assert.Equal((created.Deadline, created.Deployment, created.TraceParent, "cpu"),
            (found.Deadline, found.Deployment, found.Created.TraceParent, found.Created.Hardware));
        Assert.Equal("https://example.org/?secret=1", found.Webhook!.Url);
        Assert.Equal([WebhookEvent.Start, WebhookEvent.Completed], found.Webhook.Events.Order());
        Assert.Equal(created.Webhook.Trace, found.Webhook.Trace);
    }

    /// <summary>Fails when a new property of <see cref="CreatedPrediction"/> is not stored or not queued.</summary>
    [Theory]
    [InlineData(PredictionKind.Compose)]
    [InlineData(PredictionKind.Generate)]
    [InlineData(PredictionKind.Train)]
    public async Task Every_property_of_a_created_prediction_reaches_readers_and_workers(PredictionKind kind)
    {
        var created = FullPrediction.Create(_engine.Time.GetUtcNow(), kind);
        await _engine.Store.CreateAsync(created, capacity: 1, TestContext.Current.CancellationToken);

        var found = (await _engine.FindAsync(created.Id)).Created;
        await using var lease = await _engine.LeaseAsync(kind);

        FullPrediction.AssertSame(created, found);
        // an engine may keep the webhook out of the queue
        FullPrediction.AssertSame(created, lease.Created with { Webhook = lease.Created.Webhook ?? created.Webhook });
    }

    [Fact]
    public async Task A_running_prediction_shows_the_pieces_of_its_answer_and_an_ended_one_has_them()
    {
        var created = await _engine.CreateAsync(kind: PredictionKind.Generate);
        await using (var lost = await _engine.LeaseAsync(PredictionKind.Generate))
        {
            await lost.AppendAsync(new PredictionEvent.Started());
            await lost.AppendAsync(new PredictionEvent.Generated(0, "mer"));
            await lost.AppendAsync(new PredictionEvent.Generated(3, " \"\u0000 \ud83d\udc08"));

            Assert.Equal(["mer", " \"\u0000 \ud83d\udc08"], (await _engine.FindAsync(created.Id)).Output!.Text!);
        }

        await using var lease = await _engine.LeaseAsync(PredictionKind.Generate);
        await lease.AppendAsync(new PredictionEvent.Started());
        await lease.AppendAsync(new PredictionEvent.Generated(0, "me"));
        Assert.Equal(["me"], (await _engine.FindAsync(created.Id)).Output!.Text!); // the new attempt replaces the answer of the lost one

        await lease.AppendAsync(new PredictionEvent.Generated(2, "r\u0000"));
        await lease.AppendAsync(new PredictionEvent.Succeeded());

        var ended = await _engine.FindAsync(created.Id);
        Assert.Equal((PredictionStatus.Succeeded, PredictionKind.Generate), (ended.Status, ended.Created.Kind));
        Assert.Equal(["me", "r\u0000"], ended.Output!.Text!);
        Assert.Equal(
            [(0, "mer"), (3, " \"\u0000 \ud83d\udc08"), (0, "me"), (2, "r\u0000")],
            (await _engine.ReadAsync(created.Id)).Select(recorded => recorded.Event).OfType<PredictionEvent.Generated>()
                .Select(piece => (piece.Start, piece.Text)));
    }

    [Fact]
    public async Task An_answer_that_is_canceled_keeps_its_pieces()
    {
        var created = await _engine.CreateAsync(kind: PredictionKind.Generate);
        await using var lease = await _engine.LeaseAsync(PredictionKind.Generate);
        await lease.AppendAsync([new PredictionEvent.Started(), new PredictionEvent.Generated(0, "mer"), new PredictionEvent.Canceled()],
            TestContext.Current.CancellationToken);

        Assert.Equal(["mer"], (await _engine.FindAsync(created.Id)).Output!.Text!);
    }

    [Fact]
    public async Task An_unknown_id_is_not_found() =>
        Assert.Null(await _engine.Store.FindAsync(PredictionId.New(), TestContext.Current.CancellationToken));

    [Fact]
    public async Task A_duplicate_id_is_refused_and_the_first_prediction_stays()
    {
        var first = await _engine.CreateAsync("mine");
        _engine.Time.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(Creation.IdTaken,
            await _engine.Store.CreateAsync(_engine.NewPrediction("mine"), capacity: 1, TestContext.Current.CancellationToken));

        Assert.Equal(first.CreatedAt, (await _engine.FindAsync("mine")).CreatedAt);
    }

    [Fact]
    public async Task Of_concurrent_creations_with_one_id_one_succeeds()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 16).Select(minute => Task.Run(() => _engine.Store.CreateAsync(
            _engine.NewPrediction("mine") with { CreatedAt = _engine.Time.GetUtcNow().AddMinutes(minute) }, capacity: 1000,
            TestContext.Current.CancellationToken))));

        Assert.Single(answers, Creation.Created);
        Assert.Equal(15, answers.Count(answer => answer == Creation.IdTaken));
        await using var lease = await _engine.LeaseAsync();
        await lease.AppendAsync([new PredictionEvent.Started(), new PredictionEvent.Succeeded()], TestContext.Current.CancellationToken);
        Assert.Equal(PredictionStatus.Succeeded, (await _engine.FindAsync("mine")).Status);
    }

    [Fact]
    public async Task No_more_predictions_wait_or_run_than_the_capacity_allows()
    {
        await _engine.CreateAsync();
        var waiting = await _engine.CreateAsync();
        await using var running = await _engine.LeaseAsync();

        Assert.Equal(Creation.Full, await CreateAsync(capacity: 2));
        Assert.Equal(Creation.Created, await CreateAsync(capacity: 3));

        await _engine.CancelAsync(waiting.Id);
        await running.AppendAsync(new PredictionEvent.Started(), TestContext.Current.CancellationToken);
        await running.AppendAsync(new PredictionEvent.Succeeded(), TestContext.Current.CancellationToken);
        await _engine.SettleAsync();
        Assert.Equal(Creation.Created, await CreateAsync(capacity: 2));
        Assert.Equal(Creation.Full, await CreateAsync(capacity: 2));

        Task<Creation> CreateAsync(int capacity) => _engine.Store.CreateAsync(_engine.NewPrediction(), capacity,
            TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Each_kind_has_the_capacity_to_itself()
    {
        await _engine.CreateAsync(kind: PredictionKind.Generate);
        await _engine.CreateAsync(kind: PredictionKind.Generate);

        Assert.Equal(Creation.Created, await CreateAsync(PredictionKind.Compose));
        Assert.Equal(Creation.Full, await CreateAsync(PredictionKind.Compose));
        Assert.Equal(Creation.Full, await CreateAsync(PredictionKind.Generate));

        Task<Creation> CreateAsync(PredictionKind kind) => _engine.Store.CreateAsync(
            _engine.NewPrediction() with { Kind = kind }, capacity: 1, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task The_record_is_the_fold_of_its_events()
    {
        var created = await _engine.CreateAsync();
        var output = new PredictionOutput { Adapter = "1", Weights = [new ModuleWeight("a/b", 0.5)] };
        await using var lease = await _engine.LeaseAsync();
        PredictionEvent[] story =
        [
            new PredictionEvent.Started(), new PredictionEvent.Logged("one\n"), new PredictionEvent.Logged("two\n"),
            new PredictionEvent.Measured("loss", 0.5), new PredictionEvent.Measured("loss", 0.25),
            new PredictionEvent.Answered(output), new PredictionEvent.Succeeded(),
        ];

        foreach (var happened in story)
        {
            _engine.Time.Advance(TimeSpan.FromSeconds(1));
            Assert.True(await lease.AppendAsync(happened));
        }

        var found = await _engine.FindAsync(created.Id);
        Assert.Equal(PredictionStatus.Succeeded, found.Status);
        Assert.Equal("one\ntwo\n", found.Logs);
        Assert.Equal(0.25, found.Metrics["loss"]);
        Assert.Equal(output.Adapter, found.Output!.Adapter);
        Assert.Equal(created.CreatedAt.AddSeconds(1), found.StartedAt);
        Assert.Equal(created.CreatedAt.AddSeconds(7), found.CompletedAt);
    }

    [Fact]
    public async Task A_prediction_ends_with_any_characters_in_its_text()
    {
        var created = await _engine.CreateAsync();
        await using var lease = await _engine.LeaseAsync();
        await lease.AppendAsync(new PredictionEvent.Started());

        await lease.AppendAsync([new PredictionEvent.Logged("ä \0 \ud83d \u2028\n"), new PredictionEvent.Failed("no \0 \udc00")],
            TestContext.Current.CancellationToken);

        var found = await _engine.FindAsync(created.Id);
        Assert.Equal(PredictionStatus.Failed, found.Status);
        Assert.StartsWith("ä ", found.Logs);
        Assert.StartsWith("no ", found.Error);
        Assert.Equal(3, (await _engine.ReadAsync(created.Id)).Count);
    }

    [Fact]
    public async Task Predictions_are_listed_newest_first_page_by_page_and_each_once()
    {
        var created = new List<string>();
        for (var i = 0; i < 5; i++)
        {
            created.Insert(0, (await _engine.CreateAsync()).Id);
        }

        var first = await ListAsync(new PredictionQuery { Limit = 2 });
        await _engine.CreateAsync(); // a newer one must not shift the pages
        var second = await ListAsync(new PredictionQuery { Limit = 2, After = PositionOf(first[^1]) });
        var third = await ListAsync(new PredictionQuery { Limit = 2, After = PositionOf(second[^1]) });

        Assert.Equal(created, first.Concat(second).Concat(third).Select(prediction => prediction.Id));
    }

    [Fact]
    public async Task Predictions_of_one_moment_are_paged_by_their_ids()
    {
        foreach (var id in new[] { "b", "c", "a" })
        {
            await _engine.Store.CreateAsync(_engine.NewPrediction(id), capacity: 1000, TestContext.Current.CancellationToken);
        }

        var first = await ListAsync(new PredictionQuery { Limit = 1 });
        var rest = await ListAsync(new PredictionQuery { After = PositionOf(first[0]) });

        Assert.Equal(["c", "b", "a"], first.Concat(rest).Select(prediction => prediction.Id));
    }

    [Fact]
    public async Task A_window_includes_its_start_and_excludes_its_end()
    {
        var created = new List<CreatedPrediction>();
        for (var i = 0; i < 4; i++)
        {
            created.Add(await _engine.CreateAsync());
        }

        var listed = await ListAsync(new PredictionQuery { CreatedAfter = created[1].CreatedAt, CreatedBefore = created[3].CreatedAt });

        Assert.Equal([created[2].Id, created[1].Id], listed.Select(prediction => prediction.Id));
    }

    [Fact]
    public async Task A_list_of_some_kinds_is_paged_as_if_there_were_no_others()
    {
        PredictionKind[] kinds =
            [PredictionKind.Train, PredictionKind.Compose, PredictionKind.Generate, PredictionKind.Train, PredictionKind.Compose];
        var created = new List<CreatedPrediction>();
        foreach (var kind in kinds)
        {
            created.Insert(0, await _engine.CreateAsync(kind: kind));
        }

        Assert.Equal(
            created.Where(one => one.Kind != PredictionKind.Train).Select(one => one.Id), await PagesAsync(PredictionKinds.Predictions));
        Assert.Equal(created.Where(one => one.Kind == PredictionKind.Train).Select(one => one.Id), await PagesAsync(PredictionKinds.Trainings));
        Assert.Equal(created.Select(one => one.Id), await PagesAsync(kinds: null));
        Assert.Empty(await PagesAsync([]));

        async Task<IReadOnlyList<string>> PagesAsync(IReadOnlyList<PredictionKind>? kinds)
        {
            var (listed, query) = (new List<string>(), new PredictionQuery { Kinds = kinds, Limit = 1 });
            for (var hasMore = true; hasMore;)
            {
                (var page, hasMore) = await _engine.Store.ListAsync(query, TestContext.Current.CancellationToken);
                listed.AddRange(page.Select(prediction => prediction.Id));
                query = query with { After = page.Count == 0 ? null : PositionOf(page[^1]) };
            }

            return listed;
        }
    }

    [Fact]
    public async Task A_list_of_some_states_has_only_predictions_that_are_in_them_now()
    {
        var failed = await _engine.CreateAsync();
        await using (var lease = await _engine.LeaseAsync())
        {
            await lease.AppendAsync(new PredictionEvent.Started());
            await lease.AppendAsync(new PredictionEvent.Failed("no module"));
        }

        var running = await _engine.CreateAsync();
        await using var held = await _engine.LeaseAsync();
        await held.AppendAsync(new PredictionEvent.Started());
        var waiting = await _engine.CreateAsync();
        await _engine.SettleAsync();

        Assert.Equal([failed.Id], await IdsAsync(PredictionStatus.Failed));
        Assert.Equal([running.Id], await IdsAsync(PredictionStatus.Processing));
        Assert.Equal([waiting.Id, running.Id], await IdsAsync(PredictionStatus.Starting, PredictionStatus.Processing));

        async Task<IEnumerable<string>> IdsAsync(params PredictionStatus[] statuses) =>
            (await ListAsync(new PredictionQuery { Statuses = statuses })).Select(prediction => prediction.Id);
    }

    [Theory]
    [InlineData(50_000, 2)]
    [InlineData(25_000, 1)]
    [InlineData(1, 1)]
    public async Task A_page_ends_before_it_holds_too_many_bytes_and_holds_at_least_one(long bytes, int each)
    {
        var created = new List<string>();
        for (var i = 0; i < 5; i++)
        {
            var prediction = _engine.NewPrediction($"{i}") with { Input = new JsonObject { ["test_inputs"] = new string('ü', 10_000) } };
            await _engine.Store.CreateAsync(prediction, capacity: 1000, TestContext.Current.CancellationToken);
            created.Insert(0, prediction.Id);
        }

        var (listed, query) = (new List<string>(), new PredictionQuery { Limit = 3, Bytes = bytes });
        for (var hasMore = true; hasMore;)
        {
            (var page, hasMore) = await _engine.Store.ListAsync(query, TestContext.Current.CancellationToken);
            Assert.Equal(Math.Min(each, 5 - listed.Count), page.Count);
            listed.AddRange(page.Select(prediction => prediction.Id));
            query = query with { After = PositionOf(page[^1]) };
        }

        Assert.Equal(created, listed);
    }

    async Task<IReadOnlyList<Prediction>> ListAsync(PredictionQuery query) =>
        (await _engine.Store.ListAsync(query, TestContext.Current.CancellationToken)).Predictions;

    static PredictionPosition PositionOf(Prediction prediction) => new(prediction.CreatedAt, prediction.Id);
}
