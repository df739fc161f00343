using LoraHub.Core.Optimization;

namespace LoraHub.Core.Tests.Optimization;

public sealed class SimplexTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void The_inverse_stays_correct_for_any_sequence_of_steps(int seed)
    {
        var random = new Random(seed);
        var simplex = new Simplex(new double[8], radius: 1);
        simplex.PoleValue = random.NextDouble();
        for (var j = 0; j < 8; j++)
        {
            simplex.SetProbed(j, random.NextDouble());
            Assert.Equal(0, simplex.InverseError());
        }

        for (var step = 0; step < 200; step++)
        {
            simplex.MovePoleToBest();
            simplex.Measure();
            var (vertex, displacement) = simplex.GeometryStep(simplex.Descent());
            simplex.Replace(vertex, displacement);
            simplex.Values[vertex] = random.NextDouble();

            Assert.InRange(simplex.InverseError(), 0, 1e-9);
        }
    }

    [Fact]
    public void The_model_of_a_linear_function_is_that_function()
    {
        var simplex = Probed(point => (3 * point[0]) - (2 * point[1]) + 7);

        Assert.Equal([-3.0, 2.0], simplex.Descent());
    }

    [Fact]
    public void A_replacement_that_flattens_the_simplex_shows_as_an_error_of_the_inverse()
    {
        var simplex = Probed(_ => 1);

        simplex.Replace(0, [1e-17, 0.3]);
        simplex.Replace(1, [0.7, 0.1]);

        Assert.True(simplex.InverseError() > 0.1);
    }

    [Fact]
    public void A_run_ends_when_its_model_is_not_a_number()
    {
        var run = new CobylaRun([0, 0]);

        var calls = 0;
        foreach (var point in run.Points())
        {
            run.Told = point[0] > 0 ? double.NegativeInfinity : 0;
            calls++;
        }

        Assert.Equal(3, calls);
    }

    [Theory]
    [InlineData(3, 4, 2)]
    [InlineData(0, -5, 0.5)]
    [InlineData(-1e-100, 0, 1)]
    public void A_step_is_as_long_as_the_radius(double x, double y, double radius)
    {
        var step = TrustRegion.Step([x, y], radius)!;

        Assert.Equal(radius, Vector.Norm(step), 1e-15);
        Assert.True(Math.Sign(step[0]) == Math.Sign(x) && Math.Sign(step[1]) == Math.Sign(y));
    }

    [Fact]
    public void A_flat_model_has_no_step() => Assert.Null(TrustRegion.Step([0, 0, 0], 1));

    static Simplex Probed(Func<double[], double> objective)
    {
        var simplex = new Simplex([0, 0], radius: 1) { PoleValue = objective([0, 0]) };
        simplex.SetProbed(0, objective(simplex.Probe(0)));
        simplex.SetProbed(1, objective(simplex.Probe(1)));
        return simplex;
    }
}
