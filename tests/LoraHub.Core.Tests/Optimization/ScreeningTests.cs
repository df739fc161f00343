using CsCheck;

using LoraHub.Core.Optimization;

namespace LoraHub.Core.Tests.Optimization;

public sealed class ScreeningTests
{
    static readonly Gen<(int Candidates, int Parts, int Budget, int Keep)> AnyCase = Gen.Select(Gen.Int[1, 300], Gen.Int[1, 5], Gen.Int[10, 100], Gen.Int[1, 8]);

    static readonly double[] Nonsense = [double.NaN, double.PositiveInfinity, double.NegativeInfinity, double.MaxValue];

    /// <summary>Losses as they are, ties, and what is no loss.</summary>
    static readonly Gen<double[]> AnyLosses = Gen.OneOf(
        Gen.Double[0, 5],
        Gen.Int[0, 3].Select(loss => (double)loss),
        Gen.Int[0, 3].Select(i => Nonsense[i])).Array[1, 40];

    [Fact]
    public void Kept_are_distinct_candidates_and_at_most_as_many_as_asked_for_whatever_the_losses_are()
    {
        Gen.Select(AnyCase, AnyLosses).Sample((of, losses) =>
        {
            var screened = Run(of, screen => [.. screen.Groups.Select((_, place) => losses[((place * 7) + screen.Part) % losses.Length])]);

            Assert.InRange(screened.Kept.Count, 1, of.Keep);
            Assert.Equal(screened.Kept.Count, screened.Kept.Distinct().Count());
            Assert.All(screened.Kept, place => Assert.InRange(place, 0, of.Candidates - 1));
        });
    }

    [Fact]
    public void It_takes_no_more_than_three_quarters_of_the_budget_and_says_what_it_took()
    {
        Gen.Select(AnyCase, AnyLosses, Gen.Bool).Sample((of, losses, isAgainstSingles) =>
        {
            var trials = 0;
            var screened = Run(of, Losses);

            Assert.Equal((trials + of.Parts - 1) / of.Parts, screened.Evaluations);
            Assert.True(trials <= of.Budget * of.Parts * 0.75, $"{of}: {trials} trials");
            Assert.True(screened.Evaluations <= of.Budget - 2, $"{of}: {screened.Evaluations}");

            IReadOnlyList<double> Losses(Screen screen)
            {
                trials += screen.Groups.Count;
                return [.. screen.Groups.Select((group, place) => isAgainstSingles ? 1.0 / group.Length : losses[place % losses.Length])];
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

            IReadOnlyList<double> Losses(Screen screen)
            {
                Assert.InRange(screen.Part, 0, of.Parts - 1);
                Assert.All(screen.Groups, Assert.NotEmpty);
                Assert.All(screen.Groups.SelectMany(group => group), place => Assert.InRange(place, 0, of.Candidates - 1));
                if (screen.Groups.All(group => group.Length == 1)) // of groups, one may have a single member that was left over
                {
                    Assert.All(screen.Groups, group => Assert.True(alone.Add((group[0], screen.Part))));
                }

                return Additive(screen, place => (place * 37) % 101);
            }
        });
    }

    /// <summary>Parts that agree: what is dropped after one of them is worse on all.</summary>
    [Fact]
    public void The_best_of_a_pool_that_can_be_tried_one_by_one_are_kept_the_best_first()
    {
        Gen.Select(Gen.Int[9, 28], Gen.Int[1, 5], Gen.Int[1, 8], Gen.Int).Sample((candidates, parts, keep, seed) =>
        {
            var losses = Enumerable.Range(0, candidates).Select(place => 1.0 + place).ToArray();
            new Random(seed).Shuffle(losses);

            var screened = Screening.Run(candidates, parts, 60, keep, screen => Additive(screen, place => losses[place]));

            Assert.Equal(Enumerable.Range(0, candidates).OrderBy(place => losses[place]).Take(keep), screened.Kept);
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

            var screened = Screening.Run(candidates, 5, 40, 8, Losses);

            Assert.Equal(good.Order(), screened.Kept.Take(few).Order());
            Assert.InRange(screened.Evaluations, 1, 30);

            // A group's loss is what its members add up to: little noise each, much less where one of the good is among them.
            IReadOnlyList<double> Losses(Screen screen) =>
                [.. screen.Groups.Select(group => 100 + group.Sum(place => (0.01 * random.NextDouble()) - (good.Contains(place) ? 5 + random.NextDouble() : 0)))];
        });
    }

    /// <summary>Of pools without groups: in a group one module without a number hides the others.</summary>
    [Fact]
    public void What_is_no_number_is_not_kept_while_others_are_there()
    {
        Gen.Select(Gen.Int[9, 50], Gen.Int[1, 5], Gen.Int[1, 8], Gen.Int).Sample((candidates, parts, keep, seed) =>
        {
            var places = Enumerable.Range(0, candidates).ToArray();
            new Random(seed).Shuffle(places);
            var usable = places[..keep];

            var screened = Screening.Run(candidates, parts, 100, keep, screen => Additive(screen, place => usable.Contains(place) ? 1e6 + place : double.NaN));

            Assert.Equal(usable.Order(), screened.Kept.Order());
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

            var first = Run(of, screen => Noted(once, screen));
            var second = Run(of, screen => Noted(twice, screen));

            Assert.Equal(first.Kept, second.Kept);
            Assert.Equal(once, twice);

            IReadOnlyList<double> Noted(List<string> trials, Screen screen)
            {
                trials.Add($"{screen.Part}: {string.Join("; ", screen.Groups.Select(group => string.Join(' ', group)))}");
                return Additive(screen, place => losses[place]);
            }
        });
    }

    [Theory]
    [InlineData(1, 8)]
    [InlineData(8, 8)]
    public void As_many_as_are_kept_anyway_are_not_tried(int candidates, int keep)
    {
        var screened = Screening.Run(candidates, 5, 40, keep, _ => throw new NotSupportedException());

        Assert.Equal(Enumerable.Range(0, candidates), screened.Kept);
        Assert.Equal(0, screened.Evaluations);
    }

    [Theory]
    [InlineData(28, 40, 9)] // 28 + 14 trials, each on a fifth of the examples
    [InlineData(100, 40, 30)]
    [InlineData(196, 40, 26)]
    public void What_it_costs_is_known(int candidates, int budget, int evaluations)
    {
        var screened = Screening.Run(candidates, 5, budget, 8, screen => Additive(screen, place => place));

        Assert.InRange(screened.Evaluations, 1, evaluations);
        Assert.Equal(Enumerable.Range(0, 8), screened.Kept);
    }

    static Screened Run((int Candidates, int Parts, int Budget, int Keep) of, Func<Screen, IReadOnlyList<double>> losses) =>
        Screening.Run(of.Candidates, of.Parts, of.Budget, of.Keep, losses);

    static double[] Additive(Screen screen, Func<int, double> loss) => [.. screen.Groups.Select(group => group.Sum(loss))];
}
