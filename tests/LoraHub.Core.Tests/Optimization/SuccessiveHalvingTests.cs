using CsCheck;

using LoraHub.Core.Optimization;

namespace LoraHub.Core.Tests.Optimization;

public sealed class SuccessiveHalvingTests
{
    static readonly Gen<(int Candidates, int Parts, int Budget, int Keep)> AnyCase = Gen.Select(Gen.Int[1, 300], Gen.Int[1, 5],
        Gen.Int[10, 100], Gen.Int[1, 8]);

    static readonly double[] Nonsense = [double.NaN, double.PositiveInfinity, double.NegativeInfinity, double.MaxValue];

    /// <summary>Ordinary losses, ties, and values that are not finite.</summary>
    static readonly Gen<double[]> AnyLosses = Gen.OneOf(
        Gen.Double[0, 5],
        Gen.Int[0, 3].Select(loss => (double)loss),
        Gen.Int[0, 3].Select(i => Nonsense[i])).Array[1, 40];

    [Fact]
    public void For_any_losses_it_keeps_distinct_candidates_up_to_the_requested_number()
    {
        Gen.Select(AnyCase, AnyLosses).Sample((of, losses) =>
        {
            var halved = Run(of, trial => [.. trial.Groups.Select((_, place) => losses[((place * 7) + trial.Part) % losses.Length])]);

            Assert.InRange(halved.Kept.Count, 1, of.Keep);
            Assert.Equal(halved.Kept.Count, halved.Kept.Distinct().Count());
            Assert.All(halved.Kept, place => Assert.InRange(place, 0, of.Candidates - 1));
        });
    }

    [Fact]
    public void It_uses_at_most_three_quarters_of_the_budget_and_reports_its_use()
    {
        Gen.Select(AnyCase, AnyLosses, Gen.Bool).Sample((of, losses, isAgainstSingles) =>
        {
            var trials = 0;
            var halved = Run(of, Losses);

            Assert.Equal((trials + of.Parts - 1) / of.Parts, halved.Evaluations);
            Assert.True(trials <= of.Budget * of.Parts * 0.75, $"{of}: {trials} trials");
            Assert.True(halved.Evaluations <= of.Budget - 2, $"{of}: {halved.Evaluations}");

            IReadOnlyList<double> Losses(Trial trial)
            {
                trials += trial.Groups.Count;
                return [.. trial.Groups.Select((group, place) => isAgainstSingles ? 1.0 / group.Length : losses[place % losses.Length])];
            }
        });
    }

    [Fact]
    public void Every_trial_is_of_candidates_on_a_part_and_none_is_tried_alone_twice_on_one()
    {
        AnyCase.Sample(of =>
        {
            var alone = new HashSet<(int, int)>();
            Run(of, Losses);

            IReadOnlyList<double> Losses(Trial trial)
            {
                Assert.InRange(trial.Part, 0, of.Parts - 1);
                Assert.All(trial.Groups, Assert.NotEmpty);
                Assert.All(trial.Groups.SelectMany(group => group), place => Assert.InRange(place, 0, of.Candidates - 1));
                if (trial.Groups.All(group => group.Length == 1)) // among groups, one can have a single remaining member
                {
                    Assert.All(trial.Groups, group => Assert.True(alone.Add((group[0], trial.Part))));
                }

                return Additive(trial, place => (place * 37) % 101);
            }
        });
    }

    /// <summary>Parts that agree: a candidate dropped after one part is worse on all.</summary>
    [Fact]
    public void The_best_of_a_pool_that_can_be_tried_one_by_one_are_kept_the_best_first()
    {
        Gen.Select(Gen.Int[9, 28], Gen.Int[1, 5], Gen.Int[1, 8], Gen.Int).Sample((candidates, parts, keep, seed) =>
        {
            var losses = Enumerable.Range(0, candidates).Select(place => 1.0 + place).ToArray();
            new Random(seed).Shuffle(losses);

            var halved = SuccessiveHalving.Run(candidates, parts, 60, keep, trial => Additive(trial, place => losses[place]));

            Assert.Equal(Enumerable.Range(0, candidates).OrderBy(place => losses[place]).Take(keep), halved.Kept);
        });
    }

    [Theory]
    [InlineData(28)]
    [InlineData(100)]
    [InlineData(196)]
    public void The_few_that_help_much_are_kept(int candidates)
    {
        Gen.Select(Gen.Int[1, 8], Gen.Int).Sample((few, seed) =>
        {
            var random = new Random(seed);
            var places = Enumerable.Range(0, candidates).ToArray();
            random.Shuffle(places);
            var good = places[..few];

            var halved = SuccessiveHalving.Run(candidates, 5, 40, 8, Losses);

            Assert.Equal(good.Order(), halved.Kept.Take(few).Order());
            Assert.InRange(halved.Evaluations, 1, 30);

            // A group's loss is the sum over its members: each adds a little noise, and a good member lowers it a lot.
            IReadOnlyList<double> Losses(Trial trial) =>
                [.. trial.Groups.Select(group => 100
                    + group.Sum(place => (0.01 * random.NextDouble()) - (good.Contains(place) ? 5 + random.NextDouble() : 0)))];
        });
    }

    /// <summary>Only pools without groups: in a group, one NaN module hides the others.</summary>
    [Fact]
    public void A_NaN_candidate_is_not_kept_while_others_remain()
    {
        Gen.Select(Gen.Int[9, 50], Gen.Int[1, 5], Gen.Int[1, 8], Gen.Int).Sample((candidates, parts, keep, seed) =>
        {
            var places = Enumerable.Range(0, candidates).ToArray();
            new Random(seed).Shuffle(places);
            var usable = places[..keep];

            var halved = SuccessiveHalving.Run(candidates, parts, 100, keep,
                trial => Additive(trial, place => usable.Contains(place) ? 1e6 + place : double.NaN));

            Assert.Equal(usable.Order(), halved.Kept.Order());
        });
    }

    [Fact]
    public void The_same_losses_keep_the_same()
    {
        Gen.Select(AnyCase, Gen.Int).Sample((of, seed) =>
        {
            var random = new Random(seed);
            var losses = Enumerable.Range(0, of.Candidates).Select(_ => random.NextDouble()).ToArray();
            var (once, twice) = (new List<string>(), new List<string>());

            var first = Run(of, trial => Record(once, trial));
            var second = Run(of, trial => Record(twice, trial));

            Assert.Equal(first.Kept, second.Kept);
            Assert.Equal(once, twice);

            IReadOnlyList<double> Record(List<string> trials, Trial trial)
            {
                trials.Add($"{trial.Part}: {string.Join("; ", trial.Groups.Select(group => string.Join(' ', group)))}");
                return Additive(trial, place => losses[place]);
            }
        });
    }

    [Theory]
    [InlineData(1, 8)]
    [InlineData(8, 8)]
    public void A_pool_no_larger_than_the_number_to_keep_is_not_tried(int candidates, int keep)
    {
        var halved = SuccessiveHalving.Run(candidates, 5, 40, keep, _ => throw new NotSupportedException());

        Assert.Equal(Enumerable.Range(0, candidates), halved.Kept);
        Assert.Equal(0, halved.Evaluations);
    }

    [Theory]
    [InlineData(28, 40, 9)] // 28 + 14 trials, each on a fifth of the examples
    [InlineData(100, 40, 30)]
    [InlineData(196, 40, 26)]
    public void The_cost_is_predictable(int candidates, int budget, int evaluations)
    {
        var halved = SuccessiveHalving.Run(candidates, 5, budget, 8, trial => Additive(trial, place => place));

        Assert.InRange(halved.Evaluations, 1, evaluations);
        Assert.Equal(Enumerable.Range(0, 8), halved.Kept);
    }

    static HalvingResult Run((int Candidates, int Parts, int Budget, int Keep) of, Func<Trial, IReadOnlyList<double>> losses) =>
        SuccessiveHalving.Run(of.Candidates, of.Parts, of.Budget, of.Keep, losses);

    static double[] Additive(Trial trial, Func<int, double> loss) => [.. trial.Groups.Select(group => group.Sum(loss))];
}
