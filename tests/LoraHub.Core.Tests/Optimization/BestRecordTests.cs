using LoraHub.Core.Optimization;

namespace LoraHub.Core.Tests.Optimization;

public sealed class BestRecordTests
{
    readonly BestRecord _record = new();

    [Fact]
    public void The_smallest_value_is_best()
    {
        Add((1, 5), (2, 3), (3, 4));

        Assert.Equal((2, 3, 1), Best);
    }

    [Fact]
    public void Of_equal_values_the_latest_is_best()
    {
        Add((1, 3), (2, 3), (3, 3));

        Assert.Equal((3, 3, 2), Best);
    }

    [Fact]
    public void When_the_best_is_reported_again_the_earliest_of_equals_is_chosen()
    {
        Add((1, 3), (2, 3), (3, 3), (3, 3));

        Assert.Equal((1, 3, 0), Best);
    }

    [Fact]
    public void A_point_can_become_the_best_when_it_is_reported_again()
    {
        Add((1, 3), (2, 3), (1, 3));

        Assert.Equal((1, 3, 2), Best);
    }

    [Fact]
    public void A_point_keeps_its_smallest_value()
    {
        Add((1, 3), (2, 4), (1, 9), (3, 3.5));

        Assert.Equal((1, 3, 0), Best);
    }

    (double Weight, double Value, int Index) Best => (_record.Best.Weights[0], _record.Best.Value, _record.Best.Index);

    void Add(params ReadOnlySpan<(double Weight, double Value)> told)
    {
        foreach (var (weight, value) in told)
        {
            _record.Add([weight], value);
        }
    }
}
