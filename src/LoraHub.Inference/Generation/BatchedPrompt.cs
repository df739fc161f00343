using LoraHub.Inference.Lora;
using LoraHub.Inference.T5;

using TorchSharp;

namespace LoraHub.Inference.Generation;

/// <summary>A prompt that a <see cref="RunningBatch"/> answers.</summary>
sealed class BatchedPrompt
{
    readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Token ids; pad tokens are masked.</summary>
    public required int[] Ids { get; init; }

    /// <summary>Borrowed until the prompt has ended; null for the base model alone.</summary>
    public LoraModule? Module { get; init; }

    public required Decoding Decoding { get; init; }

    /// <summary>The most rows that the decoding will occupy.</summary>
    public int MostRows { get; init; } = 1;

    /// <summary>The most tokens of the answer.</summary>
    public required int MostTokens { get; init; }

    /// <summary>Receives each step on the batch's thread. Returns whether the answer ends with it, whatever the decoding says.</summary>
    public required Func<DecodingStep, bool> Receive { get; init; }

    public CancellationToken CancellationToken { get; init; }

    /// <summary>
    /// Completes when the batch has left the prompt alone: with its answer complete, canceled, or failed with the exception that ended it.
    /// </summary>
    public Task Ended => _ended.Task;

    /// <summary>The rows that it occupies in the batch, and the next token of each.</summary>
    public IReadOnlyList<AnswerRow> Rows { get; private set; } = [];

    public IReadOnlyList<int> Next { get; private set; } = [];

    /// <summary>The bytes of its keys and values if the answer takes its most tokens.</summary>
    public long MostBytes(T5Model model) => (((long)MostRows * MostTokens) + Ids.Length)
        * 2 * model.Config.DecoderLayers * model.Config.NumHeads * model.Config.DKv * model.ComputeType.ElementSize();

    /// <summary>Starts the answer; the rows of its decoding all begin at the same place.</summary>
    public void Start(AnswerMemory memory, int startToken)
    {
        DisposeRows();
        var rows = new List<AnswerRow>();
        Rows = rows; // before they are complete: End disposes what there is
        for (var row = 0; row < Decoding.Rows; row++)
        {
            rows.Add(new AnswerRow(memory, MostTokens));
        }

        Next = [.. rows.Select(_ => startToken)];
    }

    /// <summary>Passes the step on and arranges the rows for the next one.</summary>
    /// <returns>Whether the answer is complete.</returns>
    public bool Follow(DecodingStep step)
    {
        if (Receive(step) || step.IsEnded)
        {
            return true;
        }

        if (step.Parents is { } parents)
        {
            Arrange(parents);
        }

        Next = step.Tokens;
        return false;
    }

    /// <summary>Ends the prompt once; later calls change nothing.</summary>
    /// <param name="failure">Null if it was answered or canceled.</param>
    public void End(Exception? failure = null)
    {
        DisposeRows();
        _ = failure is not null ? _ended.TrySetException(failure)
            : CancellationToken.IsCancellationRequested ? _ended.TrySetCanceled(CancellationToken)
            : _ended.TrySetResult();
    }

    void DisposeRows()
    {
        foreach (var row in Rows)
        {
            row.Dispose();
        }

        Rows = [];
    }

    /// <summary>A row goes to the first that continues it; further ones get copies, and rows that nobody continues end.</summary>
    void Arrange(IReadOnlyList<int> parents)
    {
        var (before, taken) = (Rows, new HashSet<int>());
        var forks = parents.Select(parent => taken.Add(parent) ? null : before[parent].Fork()).ToArray();
        Rows = [.. parents.Select((parent, row) => forks[row] ?? before[parent])];
        for (var row = 0; row < before.Count; row++)
        {
            if (!taken.Contains(row))
            {
                before[row].Dispose();
            }
        }
    }
}
