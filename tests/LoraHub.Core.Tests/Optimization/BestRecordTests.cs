using LoraHub.Core.Optimization;

namespace LoraHub.Core.Tests.Optimization;

public sealed class BestRecordTests
{
    readonly BestRecord record = new();

    [Fact]
    public void The_smallest_value_is_best()
    {
        Add((1, 5), (2, 3), (3, 4));

        Assert.Equal((2, 3, 1), Best);
    }

    [Fact]
    public void Of_equal_values_the_one_told_last_is_best()
    {
        Add((1, 3), (2, 3), (3, 3));

        Assert.Equal((3, 3, 2), Best);
    }

    [Fact]
    public void When_the_best_is_told_again_the_earliest_of_equals_is_taken()
    {
        Add((1, 3), (2, 3), (3, 3), (3, 3));

        Assert.Equal((1, 3, 0), Best);
    }

    [Fact]
    public void A_point_that_is_not_the_best_may_become_it_by_being_told_again()
    {
        Add((1, 3), (2, 3), (1, 3));

        Assert.Equal((1, 3, 2), Best);
    }

    [Fact]
    public void A_point_keeps_the_smallest_value_it_was_ever_told_with()
    {
        Add((1, 3), (2, 4), (1, 9), (3, 3.5));

        Assert.Equal((1, 3, 0), Best);
    }

    (double Weight, double Value, int Index) Best => (record.Best.Weights[0], record.Best.Value, record.Best.Index);

    void Add(params ReadOnlySpan<(double Weight, double Value)> told)
    {
        foreach (var (weight, value) in told)
        {
            record.Add([weight], value);
        }
    }
}
