using LoraHub.Inference.Generation;
using LoraHub.Inference.T5;

using TorchSharp;

using static TorchSharp.torch;

namespace LoraHub.Inference.Tests.Generation;

/// <summary>What happens to one prompt of a running batch does not happen to the others, and nothing stays behind.</summary>
public sealed class RunningBatchTests : IDisposable
{
    static readonly int[] Prompt = [5, 9, 23, 77, 1], Other = [40, 41, 42, 1];

    readonly T5Model _model = TestModels.Tiny("tiny-v1_1", ScalarType.Float32);

    public void Dispose() => _model.Dispose();

    [Fact]
    public void A_canceled_prompt_ends_within_a_token_and_the_others_go_on()
    {
        using var canceled = new CancellationTokenSource();
        using var before = new CancellationTokenSource();
        before.Cancel();
        var answers = new BatchAnswers(_model);
        answers.Add(Prompt, null, 20);
        answers.Add(Other, null, 20, count => CancelAt(count, 3, canceled), cancel: canceled);
        answers.Add(Prompt, null, 20, cancel: before);

        answers.Run();

        Assert.True(answers.Ends[0].IsCompletedSuccessfully);
        Assert.Equal(Alone(Prompt, 20), answers.Ids[0]);
        Assert.True(answers.Ends[1].IsCanceled);
        Assert.Equal(Alone(Other, 20)[..3], answers.Ids[1]);
        Assert.True(answers.Ends[2].IsCanceled);
        Assert.Empty(answers.Ids[2]);
    }

    [Fact]
    public void A_prompt_whose_decoding_fails_fails_alone()
    {
        var answers = new BatchAnswers(_model);
        answers.Add(Prompt, null, 20, count => ThrowAt(count, 4));
        answers.Add(Other, null, 20);
        answers.Add(Prompt, null, 20, decoding: new Failing());

        answers.Run();

        Assert.Equal("at 4", answers.Ends[0].Exception!.InnerException!.Message);
        Assert.Equal(Alone(Other, 20), answers.Ids[1]);
        Assert.Equal("no choice", answers.Ends[2].Exception!.InnerException!.Message);
    }

    [Fact]
    public void A_prompt_that_cannot_be_read_fails_alone()
    {
        var answers = new BatchAnswers(_model);
        answers.Add(Prompt, null, 20);
        answers.Add([_model.Config.VocabSize + 3, 1], null, 20);
        answers.Add(Other, null, 20);

        answers.Run();

        Assert.Equal(Alone(Prompt, 20), answers.Ids[0]);
        Assert.True(answers.Ends[1].IsFaulted);
        Assert.Equal(Alone(Other, 20), answers.Ids[2]);
    }

    [Fact]
    public void A_step_that_fails_ends_each_prompt_of_it_once_and_those_that_wait_are_answered()
    {
        var answers = new BatchAnswers(_model);
        answers.Add(Prompt, null, 20, count => JoinAt(count, 2));
        answers.Add(Other, null, 20, decoding: new Lost(_model.Config.VocabSize + 3));

        answers.Run();

        Assert.Single(answers.Ids[0]);
        Assert.True(answers.Ends[0].IsFaulted);
        Assert.True(answers.Ends[1].IsFaulted);
        Assert.False(answers.TryJoinAfterTheEnd());

        void JoinAt(int count, int at)
        {
            if (count == at)
            {
                answers.Add(Other, null, 20);
            }
        }
    }

    [Fact]
    public void Prompts_wait_for_memory_in_their_order()
    {
        // Keys and values of 2 layers, 4 heads, 8 numbers, in fp32, for 25 tokens each.
        const long Each = 25 * 2 * 2 * 4 * 8 * sizeof(float);
        var ended = new List<int>();
        var answers = new BatchAnswers(_model, bytes: 3 * Each);
        for (var i = 0; i < 10; i++)
        {
            var (number, most) = (i, i == 4 ? 200 : 20); // one is larger than the limit
            answers.Add(Prompt, null, most, count =>
            {
                if (count == 1)
                {
                    ended.Add(number);
                }
            });
        }

        answers.Run();

        Assert.Equal(Enumerable.Range(0, 10), ended);
        Assert.Equal(3, answers.Most);
        Assert.All(answers.Ends, end => Assert.True(end.IsCompletedSuccessfully));
        Assert.All(answers.Ids.Where((_, i) => i != 4), ids => Assert.Equal(Alone(Prompt, 20), ids));
    }

    [Fact]
    public void Rows_that_branch_and_end_continue_from_their_own_tokens()
    {
        var branching = new Branching();
        var answers = new BatchAnswers(_model);
        answers.Add(Other, null, 40);
        answers.Add(Prompt, null, 40, decoding: branching);
        answers.Add(Prompt, null, 40);

        answers.Run();

        Assert.Equal(Alone(Other, 40), answers.Ids[0]);
        Assert.Equal(Alone(Prompt, 40), answers.Ids[2]);
        using var scope = NewDisposeScope();
        using var inputs = _model.Inputs([Prompt]);
        var encoded = _model.Encode(inputs, null, cancellationToken: TestContext.Current.CancellationToken);
        foreach (var (tokens, logits) in branching.Seen)
        {
            using var row = TokenRows.Of([tokens], CPU);
            var expected = _model.Logits(_model.Decode(row, encoded, null, cancellationToken: TestContext.Current.CancellationToken))[^1];
            GoldenTensors.AssertClose(expected, tensor(logits), 2e-5, string.Join(' ', tokens));
        }

        Assert.Equal(40 * Branching.Width, branching.Seen.Count);
    }

    [Fact]
    public void Nothing_stays_behind()
    {
        using var module = TestModels.TinyModule("mixed-r8", _model);
        var before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        using (var canceled = new CancellationTokenSource())
        {
            var answers = new BatchAnswers(_model);
            answers.Add(Prompt, module, 40, count => CancelAt(count, 33, canceled), cancel: canceled);
            answers.Add([5, 0, 0, 9, 1], null, 40);
            answers.Add(Prompt, null, 40, count => ThrowAt(count, 2));
            answers.Add([_model.Config.VocabSize + 3, 1], module, 20);
            answers.Add(Other, module, 40, decoding: new Branching());
            answers.Run();

            var failing = new BatchAnswers(_model);
            failing.Add(Prompt, module, 40);
            failing.Add(Other, null, 40, decoding: new Lost(_model.Config.VocabSize + 3));
            failing.Run();
        }

        Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }

    static void CancelAt(int count, int at, CancellationTokenSource source)
    {
        if (count == at)
        {
            source.Cancel();
        }
    }

    static void ThrowAt(int count, int at)
    {
        if (count == at)
        {
            throw new InvalidOperationException($"at {at}");
        }
    }

    int[] Alone(int[] prompt, int most)
    {
        var ids = GreedyDecoder.Generate(_model, [prompt], null, most, TestContext.Current.CancellationToken)[0];
        return Array.IndexOf(ids, 1) is >= 0 and var end ? ids[..(end + 1)] : ids;
    }

    sealed class Failing : Decoding
    {
        public override int Rows => 1;

        public override DecodingStep Next(Tensor logits) => throw new InvalidOperationException("no choice");
    }

    /// <summary>Chooses a token that the model does not have.</summary>
    sealed class Lost(int token) : Decoding
    {
        public override int Rows => 1;

        public override DecodingStep Next(Tensor logits) => new([token], null, [token], IsEnded: false);
    }

    /// <summary>Beams that swap, double and drop rows at random.</summary>
    sealed class Branching : Decoding
    {
        public const int Width = 4;

        readonly Random _random = new(3);
        int[][] _tokens = [.. Enumerable.Repeat(new[] { 0 }, Width)];
        int _step;

        public List<(int[] Tokens, float[] Logits)> Seen { get; } = [];

        public override int Rows => Width;

        public override DecodingStep Next(Tensor logits)
        {
            using var scope = NewDisposeScope();
            Seen.AddRange(_tokens.Select((tokens, row) => (tokens, logits[row].data<float>().ToArray())));
            int[] parents = [.. _tokens.Select(_ => _random.Next(Width))], next = [.. _tokens.Select(_ => _random.Next(2, 100))];
            _tokens = [.. parents.Zip(next, (parent, token) => (int[])[.. _tokens[parent], token])];
            return new DecodingStep(next, parents, [], ++_step == 40);
        }
    }
}
