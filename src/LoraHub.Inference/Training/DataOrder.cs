using LoraHub.Inference.Kernels;

namespace LoraHub.Inference.Training;

/// <summary>The lines of each step: every epoch goes through all lines in an order of its own, which depends only on the seed.</summary>
/// <param name="lines">At least one.</param>
/// <param name="batch">Lines in a step; at most as many as there are.</param>
sealed class DataOrder(long seed, int[] lines, int batch)
{
    const uint EpochStream = 0, SplitStream = 1; // of the seed's random numbers

    (long Epoch, int[] Lines) _shuffled = (-1, []);

    /// <param name="step">Counted from 0. A step may begin in one epoch and end in the next.</param>
    public int[] Of(int step)
    {
        var chosen = new int[batch];
        for (var i = 0; i < batch; i++)
        {
            var (epoch, place) = Math.DivRem(((long)step * batch) + i, lines.Length);
            if (_shuffled.Epoch != epoch)
            {
                _shuffled = (epoch, Shuffle(seed, lines, (uint)epoch, EpochStream));
            }

            chosen[i] = _shuffled.Lines[place];
        }

        return chosen;
    }

    /// <summary>Keeps a fraction of the lines apart: at least one, and not all.</summary>
    /// <param name="count">At least two.</param>
    /// <returns>Both in the order of the file.</returns>
    public static (int[] Training, int[] Validation) Split(long seed, int count, double fraction)
    {
        var shuffled = Shuffle(seed, [.. Enumerable.Range(0, count)], 0, SplitStream);
        var kept = Math.Clamp((int)Math.Round(fraction * count), 1, count - 1);
        return ([.. shuffled.Skip(kept).Order()], [.. shuffled.Take(kept).Order()]);
    }

    static int[] Shuffle(long seed, int[] lines, uint epoch, uint stream)
    {
        int[] shuffled = [.. lines];
        for (var last = shuffled.Length - 1; last > 0; last--)
        {
            var (random, _, _, _) = CounterRandom.Block(((uint)seed, (uint)(seed >> 32)), ((uint)last, epoch, 0, stream));
            var other = (int)(((ulong)random * (uint)(last + 1)) >> 32);
            (shuffled[last], shuffled[other]) = (shuffled[other], shuffled[last]);
        }

        return shuffled;
    }
}
