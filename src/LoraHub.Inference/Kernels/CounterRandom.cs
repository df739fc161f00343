namespace LoraHub.Inference.Kernels;

/// <summary>
/// Random numbers that depend only on a seed and a counter: Philox4x32-10 (Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as
/// 1, 2, 3", SC 2011). The seed is the key.
/// </summary>
static class CounterRandom
{
    const int Rounds = 10;
    const uint FirstMultiplier = 0xD2511F53, SecondMultiplier = 0xCD9E8D57;
    const uint FirstWeyl = 0x9E3779B9, SecondWeyl = 0xBB67AE85;

    /// <summary>A number of at least 0 and below 1, with 53 bits: the upper bits of the block's first two words, the first word lowest.</summary>
    public static double Next(long seed, int counter)
    {
        var (low, high, _, _) = Block(((uint)seed, (uint)(seed >> 32)), ((uint)counter, 0, 0, 0));
        return ((((ulong)high << 32) | low) >> 11) * (1.0 / (1L << 53));
    }

    public static (uint, uint, uint, uint) Block((uint First, uint Second) key, (uint, uint, uint, uint) counter)
    {
        for (var round = 0; round < Rounds; round++)
        {
            var (a, b, c, d) = counter;
            var first = (ulong)FirstMultiplier * a;
            var second = (ulong)SecondMultiplier * c;
            counter = ((uint)(second >> 32) ^ b ^ key.First, (uint)second, (uint)(first >> 32) ^ d ^ key.Second, (uint)first);
            key = (unchecked(key.First + FirstWeyl), unchecked(key.Second + SecondWeyl));
        }

        return counter;
    }
}
