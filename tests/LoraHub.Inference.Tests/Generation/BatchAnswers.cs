using LoraHub.Inference.Generation;
using LoraHub.Inference.Lora;
using LoraHub.Inference.T5;

namespace LoraHub.Inference.Tests.Generation;

/// <summary>Answers prompts in one running batch on the test's thread, where its tensors can be counted.</summary>
sealed class BatchAnswers(T5Model model, long? bytes = null)
{
    readonly RunningBatch _batch = bytes is { } limit ? new RunningBatch(model, limit) : new RunningBatch(model);
    readonly List<(BatchedPrompt Prompt, List<int> Ids)> _prompts = [];

    /// <summary>The most answers that were under way in one step.</summary>
    public int Most { get; private set; }

    /// <summary>The ids of each answer, in the order of <see cref="Add"/>.</summary>
    public IReadOnlyList<IReadOnlyList<int>> Ids => [.. _prompts.Select(prompt => prompt.Ids)];

    public IReadOnlyList<Task> Ends => [.. _prompts.Select(prompt => prompt.Prompt.Ended)];

    /// <summary>Joins a prompt.</summary>
    /// <param name="watch">Is told of each of its steps, before the next one; may add prompts.</param>
    public void Add(
        int[] ids, LoraModule? module, int most, Action<int>? watch = null, Decoding? decoding = null, CancellationTokenSource? cancel = null)
    {
        var answer = new List<int>();
        var prompt = new BatchedPrompt
        {
            Ids = ids,
            Module = module,
            Decoding = decoding ?? new GreedyDecoding(model.Generation, most),
            MostRows = decoding?.Rows ?? 1,
            MostTokens = most,
            Receive = step =>
            {
                answer.AddRange(step.Settled);
                Most = Math.Max(Most, _prompts.Count(one => !one.Prompt.Ended.IsCompleted && one.Prompt.Rows.Count > 0));
                watch?.Invoke(answer.Count);
                return false;
            },
            CancellationToken = cancel?.Token ?? CancellationToken.None,
        };
        _prompts.Add((prompt, answer));
        Assert.True(_batch.TryJoin(prompt));
    }

    /// <summary>Joins the prompts one after the other, each at the next step of the first one that is still answering.</summary>
    public void AddOneAtEachStep(IReadOnlyList<(int[] Ids, LoraModule? Module, int Most)> prompts)
    {
        var next = 0;
        Join();

        void Join()
        {
            if (next < prompts.Count)
            {
                var (ids, module, most) = prompts[next++];
                var isNew = true;
                Add(ids, module, most, _ =>
                {
                    if (isNew)
                    {
                        isNew = false;
                        Join();
                    }
                });
            }
        }
    }

    public void Run() => _batch.Run();

    public bool TryJoinAfterTheEnd() => _batch.TryJoin(new BatchedPrompt
    {
        Ids = [1],
        Decoding = new GreedyDecoding(model.Generation, 1),
        MostTokens = 1,
        Receive = _ => false,
    });
}
