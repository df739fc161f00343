using System.Threading.Channels;
using LoraHub.Core.Predictions;
using LoraHub.Web.Charts;
using LoraHub.Web.Live;
using Microsoft.Extensions.Time.Testing;

namespace LoraHub.Web.Tests.Live;

public sealed class LiveRunTests
{
    static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200), Silence = TimeSpan.FromSeconds(5), Limit = TimeSpan.FromMinutes(1);

    /// <summary>What follows the events runs within the write, and within the step of time that it waits for: on no other thread.</summary>
    readonly Channel<RecordedEvent> _events =
        Channel.CreateUnbounded<RecordedEvent>(new UnboundedChannelOptions { AllowSynchronousContinuations = true });

    readonly FakeTimeProvider _time = new(Some.Now);
    readonly LiveRun _run;
    DateTimeOffset _moment = Some.Now;
    long _last;
    int _shown;

    public LiveRunTests()
    {
        _run = new LiveRun(
            new Prediction(Some.Created()),
            _events.Reader.ReadAllAsync(TestContext.Current.CancellationToken),
            _time,
            TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task The_past_of_a_run_adds_up_to_its_curve_weights_and_log()
    {
        Happen(new PredictionEvent.Started(), new PredictionEvent.Logged("one\n"), Progress(1, 0.5, ("a/b", 0.25)), Progress(2, 0.75));
        Happen(new PredictionEvent.Answered(new PredictionOutput { Weights = [new ModuleWeight("a/b", 0.3)] }), new PredictionEvent.Succeeded());
        _events.Writer.Complete();

        await _run.ReadPastAsync();

        Assert.Equal((true, "one\n", PredictionStatus.Succeeded), (_run.HasEnded, _run.Prediction.Logs, _run.Prediction.Status));
        Assert.Equal([1, 2], _run.Curve.Select(progress => progress.Done));
        Assert.Equal([new ModuleWeight("a/b", 0.3)], _run.Weights);
    }

    [Fact]
    public async Task The_best_weights_stay_until_better_ones_are_found_and_go_with_a_lost_attempt()
    {
        var following = FollowAsync();
        Happen(new PredictionEvent.Started(), Progress(1, 0.5, ("a/b", 0.25)), Progress(2, 0.75));
        Until(() => _run.Curve.Count == 2);
        Assert.Equal([new ModuleWeight("a/b", 0.25)], _run.Weights);

        Happen(new PredictionEvent.Started()); // another worker
        Until(() => _run.Curve.Count == 0);
        Assert.Empty(_run.Weights);

        await EndAsync(following);
    }

    [Fact]
    public async Task Many_events_of_a_moment_are_shown_once()
    {
        Happen([new PredictionEvent.Started(), .. Enumerable.Range(1, 50).Select(done => Progress(done, 0.5))]);

        var following = FollowAsync();

        _time.Advance(Pause - TimeSpan.FromMilliseconds(1));
        Assert.Equal((0, 0), (_shown, _run.Curve.Count));
        Until(() => _shown > 0);
        Assert.Equal((1, 50), (_shown, _run.Curve.Count));
        await EndAsync(following);
    }

    [Fact]
    public async Task At_the_end_following_ends_at_once_which_shows_it()
    {
        Happen(new PredictionEvent.Started(), new PredictionEvent.Failed("no module"));
        _events.Writer.Complete();

        await FollowAsync().WaitAsync(Limit, TestContext.Current.CancellationToken);

        Assert.Equal((0, "no module"), (_shown, _run.Prediction.Error));
    }

    [Fact]
    public async Task While_nothing_happens_it_is_shown_again_so_that_times_move_on()
    {
        var following = FollowAsync();

        _time.Advance(Silence - TimeSpan.FromMilliseconds(1));
        Assert.Equal(0, _shown);
        Until(() => _shown > 0);
        await EndAsync(following);
    }

    [Fact]
    public async Task All_parts_of_a_page_follow_it_together()
    {
        var following = FollowAsync();

        Assert.Same(following, FollowAsync());
        await EndAsync(following);
    }

    [Fact]
    public async Task A_part_is_rendered_only_after_all_that_was_sent_before_has_been_taken()
    {
        var shown = new List<string>();
        TaskCompletionSource first = new(), second = new();
        var taken = new Queue<Task>([first.Task, second.Task]);
        var run = new LiveRun(
            new Prediction(Some.Created()),
            _events.Reader.ReadAllAsync(TestContext.Current.CancellationToken),
            _time,
            TestContext.Current.CancellationToken)
        {
            Sent = () => taken.TryDequeue(out var next) ? next : Task.CompletedTask,
        };
        var following = run.FollowAsync(() => Show("one"));
        Assert.Same(following, run.FollowAsync(() => Show("two")));
        Happen(new PredictionEvent.Started(), Progress(1, 0.5));
        Until(() => run.Curve.Count == 1);
        Happen(Progress(2, 0.5));

        Assert.Empty(shown);
        first.SetResult();
        Until(() => shown.Count > 0);
        Assert.Equal(("one", 1), (string.Join(' ', shown), run.Curve.Count)); // the second part, and the next event, wait
        second.SetResult();
        Until(() => shown.Count == 4);
        Assert.Equal(("one two one two", 2), (string.Join(' ', shown), run.Curve.Count));
        _events.Writer.Complete();
        await following.WaitAsync(Limit, TestContext.Current.CancellationToken);

        Task Show(string part)
        {
            shown.Add(part);
            return Task.CompletedTask;
        }
    }

    [Fact]
    public async Task The_time_that_is_left_follows_the_pace_so_far()
    {
        Assert.Null(_run.Left);
        var following = FollowAsync();
        Happen(new PredictionEvent.Started());
        Until(() => _run.Prediction.StartedAt is not null);
        Assert.Null(_run.Left);

        Happen(Progress(10, 0.5), Progress(11, 0.5));
        Until(() => _run.Curve.Count == 2);
        Assert.Null(_run.Left); // one evaluation is no pace: the first ones also load and measure

        _moment += TimeSpan.FromSeconds(20);
        Happen(Progress(20, 0.5));
        Until(() => _run.Curve.Count == 3);

        Assert.Equal(TimeSpan.FromSeconds(40) - (_time.GetUtcNow() - _moment), _run.Left); // 10 evaluations took 20 s; 20 are left
        await EndAsync(following);
        Assert.Null(_run.Left);
    }

    [Fact]
    public async Task The_steps_after_a_search_are_a_curve_of_their_own_and_begin_again_with_it()
    {
        var following = FollowAsync();
        Happen(new PredictionEvent.Started(), Progress(1, 0.5), Progress(2, 0.25), Tuning(1, 2.5), Tuning(2, 1.5));
        Until(() => _run.Curve.Count == 4);

        var (search, tuning, steps) = LossCurves.Of(_run.Curve);
        Assert.Equal([0.5, 0.25], search.Select(point => point.Loss!.Value)); // the objective and the token loss are not one line
        Assert.Equal([2.5, 1.5], tuning.Select(point => point.Loss!.Value));
        Assert.Empty(steps);
        Assert.Null(_run.Left); // a step takes another time than an evaluation

        Happen(new PredictionEvent.Started()); // another worker
        Until(() => _run.Curve.Count == 0);
        await EndAsync(following);
    }

    [Fact]
    public async Task A_run_without_a_result_keeps_what_it_had_found()
    {
        Happen(new PredictionEvent.Started(), Progress(1, 0.5, ("a/b", 0.25)), new PredictionEvent.Canceled());
        _events.Writer.Complete();
        await _run.ReadPastAsync();

        _run.Replace(_run.Prediction);

        Assert.Equal([new ModuleWeight("a/b", 0.25)], _run.Weights);
    }

    [Fact]
    public void What_was_removed_from_the_record_is_not_shown()
    {
        _run.Replace(Some.Succeeded(new PredictionOutput()) with { Output = null, Removed = DataParts.Results });

        Assert.Empty(_run.Weights);
        Assert.Null(_run.Prediction.Output);
    }

    static PredictionEvent.Progressed Progress(int done, double loss, params (string Module, double Weight)[] weights) =>
        new(new RunProgress(done, 40, loss)
        {
            Weights = weights.Length == 0 ? null : [.. weights.Select(one => new ModuleWeight(one.Module, one.Weight))],
        });

    static PredictionEvent.Progressed Tuning(int done, double loss) => new(new RunProgress(done, 10, loss) { Phase = RunProgress.Tuning });

    Task FollowAsync() => _run.FollowAsync(() =>
    {
        _shown++;
        return Task.CompletedTask;
    });

    void Happen(params IEnumerable<PredictionEvent> happened)
    {
        foreach (var one in happened)
        {
            Assert.True(_events.Writer.TryWrite(new RecordedEvent(++_last, _moment, one)));
        }
    }

    /// <summary>Lets time pass, step by step.</summary>
    void Until(Func<bool> condition)
    {
        var end = _time.GetUtcNow() + (2 * Silence);
        while (!condition())
        {
            Assert.True(_time.GetUtcNow() < end, "What was waited for did not happen.");
            _time.Advance(TimeSpan.FromMilliseconds(10));
        }
    }

    async Task EndAsync(Task following)
    {
        Happen(new PredictionEvent.Canceled());
        _events.Writer.Complete();
        await following.WaitAsync(Limit, TestContext.Current.CancellationToken);
        Assert.True(_run.HasEnded);
    }
}
