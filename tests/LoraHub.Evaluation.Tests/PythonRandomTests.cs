
namespace LoraHub.Evaluation.Tests;

/// <summary>The numbers are the output of python3 (3.11.7).</summary>
public sealed class PythonRandomTests
{
    [Theory]
    [InlineData(42, new uint[] { 2746317213, 478163327, 107420369, 3184935163, 1181241943 })]
    [InlineData(0, new uint[] { 3626764237, 1654615998, 3255389356 })]
    [InlineData((1UL << 32) + 7, new uint[] { 968553300, 3287823873, 1540179448 })]
    public void The_first_numbers_are_those_of_getrandbits_32(ulong seed, uint[] expected)
    {
        var random = new PythonRandom(seed);

        Assert.Equal(expected, expected.Select(_ => random.NextBits(32)));
    }

    [Fact]
    public void The_numbers_after_the_state_was_renewed_are_those_of_python_too()
    {
        var random = new PythonRandom(42);

        var numbers = Enumerable.Range(0, 1000).Select(_ => random.NextBits(32)).ToArray();

        Assert.Equal([3609944328, 2007425404, 3949401194, 548157187, 4212168831], numbers[995..]);
    }

    [Fact]
    public void Fewer_bits_are_the_upper_ones()
    {
        var random = new PythonRandom(ulong.MaxValue);

        Assert.Equal([0u, 7, 10, 19, 6, 14, 19, 3], Enumerable.Range(0, 8).Select(_ => random.NextBits(5)));
    }

    [Theory]
    [InlineData(42, 10, new[] { 7, 3, 2, 8, 5, 6, 9, 4, 0, 1 })]
    [InlineData(42, 250, new[] { 44, 98, 184, 123, 121, 167, 9, 176, 197, 113, 3, 51, 15 })]
    [InlineData(7, 13, new[] { 3, 10, 12, 7, 9, 4, 11, 8, 1, 0, 6, 2, 5 })]
    [InlineData(1UL << 40, 64, new[] { 61, 10, 48, 52, 18, 1, 28, 33, 0, 21, 39, 5, 62 })]
    public void A_shuffle_is_that_of_python(ulong seed, int count, int[] first)
    {
        var items = Enumerable.Range(0, count).ToArray();

        new PythonRandom(seed).Shuffle(items);

        Assert.Equal(first, items.Take(first.Length));
        Assert.Equal(Enumerable.Range(0, count), items.Order());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void A_list_too_short_to_shuffle_is_unchanged(int count)
    {
        var items = new int[count];

        new PythonRandom(1).Shuffle(items);

        Assert.Equal(count, items.Length);
    }
}
