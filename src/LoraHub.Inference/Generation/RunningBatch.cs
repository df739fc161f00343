using LoraHub.Inference.Adaptation;
using LoraHub.Inference.T5;

using static TorchSharp.torch;

namespace LoraHub.Inference.Generation;

/// <summary>
/// Answers prompts of one base model together, a token of each at a time. Prompts join and leave between tokens, each with its own module, and
/// fail alone. It ends when it has no prompt left, and holds nothing then. Borrows the model while there are prompts.
/// </summary>
/// <param name="bytes">Limit for the keys and values of all prompts, as if every answer took its most tokens.</param>
sealed class RunningBatch(T5Model model, long bytes = 2L << 30)
{
    // The input tokens read in one step while others wait for their next token.
    const int TokensBetween = 256;

    readonly Lock _gate = new();
    readonly List<BatchedPrompt> _waiting = []; // first come, first served
    readonly List<BatchedPrompt> _answering = []; // those with the same module side by side
    bool _isEnded;
    BatchAdapters? _adapters; // of _answering, while _isArranged
    bool _isArranged;
    Tensor? _positions;

    /// <summary>Hands over a prompt; see <see cref="BatchedPrompt.Ended"/>.</summary>
    /// <returns>False if the batch has ended: the prompt needs another one.</returns>
    public bool TryJoin(BatchedPrompt prompt)
    {
        lock (_gate)
        {
            if (!_isEnded)
            {
                _waiting.Add(prompt);
            }

            return !_isEnded;
        }
    }

    /// <summary>Answers until no prompt is left. Runs once, on a thread of its own. What goes wrong ends prompts, and is not thrown.</summary>
    public void Run()
    {
        using var noGrad = no_grad();
        try
        {
            while (TakeJoining() is { } joining)
            {
                Join(joining);
                Remove(prompt => prompt.CancellationToken.IsCancellationRequested);
                Step();
            }
        }
        catch (Exception exception)
        {
            Abandon(exception);
        }
        finally
        {
            _positions?.Dispose();
        }
    }

    /// <returns>Null if there is nothing left to do; the batch has ended then.</returns>
    List<BatchedPrompt>? TakeJoining()
    {
        lock (_gate)
        {
            foreach (var canceled in _waiting.Where(prompt => prompt.CancellationToken.IsCancellationRequested).ToArray())
            {
                _waiting.Remove(canceled);
                canceled.End();
            }

            var joining = _waiting.Take(Joining()).ToList();
            _waiting.RemoveRange(0, joining.Count);
            _isEnded = joining.Count == 0 && _answering.Count == 0;
            return _isEnded ? null : joining;
        }
    }

    /// <summary>How many of those that wait there is room for. One always fits alone.</summary>
    int Joining()
    {
        var (most, tokens, longest) = (_answering.Sum(prompt => prompt.MostBytes(model)), 0, 0);
        for (var count = 0; count < _waiting.Count; count++)
        {
            var prompt = _waiting[count];
            (most, tokens, longest) = (most + prompt.MostBytes(model), tokens + prompt.Ids.Length, Math.Max(longest, prompt.Ids.Length));
            var isFirst = count == 0 && _answering.Count == 0;
            if ((most > bytes && !isFirst)
                || (count > 0 && ((tokens > TokensBetween && _answering.Count > 0) || !MicroBatches.Fits(count + 1, longest, model.Config))))
            {
                return count;
            }
        }

        return _waiting.Count;
    }

    void Join(List<BatchedPrompt> joining)
    {
        if (joining.Count == 0)
        {
            return;
        }

        try
        {
            Read([.. joining.GroupBy(prompt => prompt.Module).SelectMany(same => same)]);
        }
        catch (Exception exception)
        {
            if (joining.Count == 1)
            {
                joining[0].End(exception);
                return;
            }

            // Only the one at fault fails.
            joining.ForEach(prompt => Join([prompt]));
        }
    }

    void Read(List<BatchedPrompt> joining)
    {
        using var scope = NewDisposeScope();
        using var inputs = model.Inputs([.. joining.Select(prompt => prompt.Ids)]);
        var adapters = BatchAdapters.Of(joining.Zip(inputs.Rows, (prompt, ids) => (prompt.Module, ids.Length)), isStep: false);
        var memories = model.Read(inputs, adapters);
        try
        {
            Prepare(joining.Max(prompt => prompt.MostTokens));
            foreach (var (prompt, memory) in joining.Zip(memories))
            {
                prompt.Start(memory, model.Generation.StartTokenId);
            }
        }
        finally
        {
            foreach (var memory in memories)
            {
                memory.Return();
            }
        }

        foreach (var prompt in joining)
        {
            var same = _answering.FindLastIndex(one => one.Module == prompt.Module);
            _answering.Insert(same < 0 ? _answering.Count : same + 1, prompt);
        }

        _isArranged = false;
    }

    void Prepare(int most)
    {
        if (_positions is null || _positions.shape[2] < most)
        {
            _positions?.Dispose();
            _positions = model.AnswerPositions(most).DetachFromDisposeScope();
        }
    }

    void Step()
    {
        if (_answering.Count == 0)
        {
            return;
        }

        using var scope = NewDisposeScope();
        Tensor logits;
        try
        {
            logits = NextLogits();
        }
        catch (Exception exception)
        {
            _answering.ForEach(prompt => prompt.End(exception));
            Remove(_ => true);
            return;
        }

        Follow(logits);
    }

    Tensor NextLogits()
    {
        if (!_isArranged)
        {
            _adapters = BatchAdapters.Of(_answering.Select(prompt => (prompt.Module, prompt.Rows.Count)), isStep: true);
            _isArranged = true;
        }

        return model.Answer(
            [.. _answering.SelectMany(prompt => prompt.Next)], [.. _answering.SelectMany(prompt => prompt.Rows)], _positions!, _adapters);
    }

    /// <param name="logits">Of all rows, (R, vocabulary).</param>
    void Follow(Tensor logits)
    {
        // One search for all greedy rows instead of one for each.
        var largest = _answering.Exists(prompt => prompt.Decoding is GreedyDecoding) ? logits.argmax(-1).cpu().data<long>().ToArray() : [];
        var (row, ended) = (0, new HashSet<BatchedPrompt>());
        foreach (var prompt in _answering)
        {
            var rows = prompt.Rows.Count;
            try
            {
                using var own = prompt.Decoding is GreedyDecoding ? null : logits.narrow(0, row, rows);
                if (prompt.Follow(own is null ? ((GreedyDecoding)prompt.Decoding).Next((int)largest[row]) : prompt.Decoding.Next(own)))
                {
                    ended.Add(prompt);
                }
            }
            catch (Exception exception)
            {
                prompt.End(exception);
                ended.Add(prompt);
            }

            row += rows;
            _isArranged &= prompt.Rows.Count == rows;
        }

        Remove(ended.Contains);
    }

    void Remove(Predicate<BatchedPrompt> isOver)
    {
        foreach (var prompt in _answering.FindAll(isOver))
        {
            _answering.Remove(prompt);
            prompt.End();
            _isArranged = false;
        }
    }

    /// <summary>After an error of its own: nobody waits forever.</summary>
    void Abandon(Exception exception)
    {
        lock (_gate)
        {
            _isEnded = true;
            _waiting.Concat(_answering).ToList().ForEach(prompt => prompt.End(exception));
        }
    }
}
