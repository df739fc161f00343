using LoraHub.Inference.Kernels;

namespace LoraHub.Inference.Tests.Kernels;

public sealed class CounterRandomTests
{
    /// <summary>The known answers for philox4x32-10 that its authors publish with Random123 (kat_vectors).</summary>
    [Fact]
    public void Blocks_are_those_of_the_published_generator()
    {
        const uint all = uint.MaxValue;

        Assert.Equal((0x6627E8D5u, 0xE169C58Du, 0xBC57AC4Cu, 0x9B00DBD8u), CounterRandom.Block((0, 0), (0, 0, 0, 0)));
        Assert.Equal((0x408F276Du, 0x41C83B0Eu, 0xA20BC7C6u, 0x6D5451FDu), CounterRandom.Block((all, all), (all, all, all, all)));
        Assert.Equal(
            (0xD16CFE09u, 0x94FDCCEBu, 0x5001E420u, 0x24126EA1u),
            CounterRandom.Block((0xA4093822u, 0x299F31D0u), (0x243F6A88u, 0x85A308D3u, 0x13198A2Eu, 0x03707344u)));
    }

    [Fact]
    public void A_number_takes_the_upper_53_of_a_blocks_first_64_bits()
    {
        Assert.Equal((0xE169C58D6627E8D5 >> 11) / Math.Pow(2, 53), CounterRandom.Next(0, 0));
    }

    [Fact]
    public void Numbers_differ_by_seed_and_by_counter()
    {
        var numbers =
            from seed in (long[])[0, 1, -1, 1L << 32, long.MinValue, long.MaxValue]
            from counter in Enumerable.Range(0, 1024)
            select CounterRandom.Next(seed, counter);

        Assert.Equal(6 * 1024, numbers.Distinct().Count());
        Assert.All(numbers, number => Assert.InRange(number, 0, 1 - Math.Pow(2, -53)));
    }
}
