using LoraHub.Inference.Kernels;
using LoraHub.Inference.Lora;
using LoraHub.Inference.T5;

using static TorchSharp.torch;

namespace LoraHub.Inference.Generation;

/// <summary>
/// The modules of a batch, each applied to its own tokens from its own numbers: any ranks and targets, nothing copied, stacked or padded.
/// Borrows the modules.
/// </summary>
sealed class BatchAdapters : LoraUpdates
{
    // Up to here the products of an input's tokens take less time one by one than libtorch's calls do.
    const int FewTokens = 32;

    readonly IReadOnlyList<Run> _runs;
    readonly bool _isStep;
    readonly int _rank; // the largest
    readonly Dictionary<string, RowUpdate[]?> _updates = new(StringComparer.Ordinal); // of each layer seen; null if no module adapts it

    BatchAdapters(IReadOnlyList<Run> runs, bool isStep) =>
        (_runs, _isStep, _rank) = (runs, isStep, runs.Max(run => run.Module.Layout.Rank));

    /// <param name="prompts">The module of each prompt, or null, and the number of its tokens, in the order of the tokens.</param>
    /// <param name="isStep">
    /// Whether these are the next tokens of answers: each is computed alone, so that its numbers do not depend on the others. Inputs are computed
    /// together, which is faster for many tokens.
    /// </param>
    /// <returns>Null if none has a module.</returns>
    public static BatchAdapters? Of(IEnumerable<(LoraModule? Module, int Tokens)> prompts, bool isStep)
    {
        var (runs, start) = (new List<Run>(), 0);
        foreach (var (module, tokens) in prompts)
        {
            if (module is not null && runs is [.., var last] && last.Module == module && last.Start + last.Count == start)
            {
                runs[^1] = last with { Count = last.Count + tokens };
            }
            else if (module is not null)
            {
                runs.Add(new Run(module, start, tokens));
            }

            start += tokens;
        }

        return runs.Count == 0 ? null : new BatchAdapters(runs, isStep);
    }

    public override void AddUpdate(string layer, Tensor x, Tensor y, long start, long size)
    {
        if ((!_isStep && x.shape[0] > FewTokens) || !RowUpdates.CanProcess(x, y, _rank))
        {
            AddRuns(layer, x, y, start, size);
            return;
        }

        if (!_updates.TryGetValue(layer, out var updates))
        {
            _updates[layer] = updates = Updates(layer, (int)x.shape[0]);
        }

        if (updates is not null)
        {
            RowUpdates.Add(x, y, start, size, updates);
        }
    }

    void AddRuns(string layer, Tensor x, Tensor y, long start, long size)
    {
        using var scope = NewDisposeScope();
        foreach (var (module, first, count) in _runs)
        {
            if (module.Layout.Of(layer) is { } slot)
            {
                var inner = nn.functional.linear(x.narrow(0, first, count), slot.A(module.Numbers));
                inner = slot.Scaling == 1 ? inner : inner.mul_(LiveScalar.Of(slot.Scaling));
                y.narrow(0, first, count).narrow(1, start, size).addmm_(inner, slot.B(module.Numbers).t());
            }
        }
    }

    RowUpdate[]? Updates(string layer, int rows)
    {
        RowUpdate[]? updates = null;
        foreach (var (module, first, count) in _runs)
        {
            if (module.Layout.Of(layer) is { } slot)
            {
                updates ??= new RowUpdate[rows];
                Array.Fill(updates, RowUpdate.Of(module.Numbers, slot), first, count);
            }
        }

        return updates;
    }

    readonly record struct Run(LoraModule Module, int Start, int Count);
}
