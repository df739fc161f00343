using LoraHub.Core.Trainings;
using LoraHub.Inference.Training;

namespace LoraHub.Inference.Tests.Training;

/// <summary>The order of the data, and the file it comes from.</summary>
public sealed class DataTests
{
    [Fact]
    public void Every_epoch_has_every_line_once_in_an_order_of_its_own()
    {
        var order = new DataOrder(5, [.. Enumerable.Range(10, 7)], 3);

        var lines = Enumerable.Range(0, 14).SelectMany(order.Of).ToArray();

        var epochs = lines.Chunk(7).ToArray();
        Assert.All(epochs, epoch => Assert.Equal(Enumerable.Range(10, 7), epoch.Order()));
        Assert.NotEqual(epochs[0], epochs[1]);
        Assert.Equal(order.Of(5), new DataOrder(5, [.. Enumerable.Range(10, 7)], 3).Of(5)); // without the steps before
        Assert.NotEqual(order.Of(0), new DataOrder(6, [.. Enumerable.Range(10, 7)], 3).Of(0));
    }

    [Theory]
    [InlineData(2, 0.001, 1)]
    [InlineData(10, 0.25, 2)]
    [InlineData(10, 0.9, 9)]
    [InlineData(2, 0.9, 1)]
    public void A_split_has_every_line_once_and_leaves_neither_part_empty(int count, double fraction, int expected)
    {
        var (training, validation) = DataOrder.Split(3, count, fraction);

        Assert.Equal(expected, validation.Length);
        Assert.Equal(Enumerable.Range(0, count), training.Concat(validation).Order());
    }

    [Fact]
    public void A_long_file_is_read_line_by_line()
    {
        var path = Path.GetTempFileName();
        TrainingExample[] examples =
            [.. Enumerable.Range(0, 3000).Select(i => new TrainingExample($"Zeile {i} ü\n{new string('x', i % 97)}", $"{i}"))];
        using (var file = File.Create(path))
        {
            Array.ForEach(examples, example => TrainingLines.Write(file, example));
        }

        using var lines = LineFile.Open(path);

        Assert.Equal(examples, Enumerable.Range(0, lines.Count).Select(line => lines[line]));
        File.Delete(path);
    }

    [Fact]
    public void A_learning_rate_follows_its_schedule()
    {
        Assert.Equal([0.5, 1, 1, 1], Rates(LearningRateSchedule.Constant));
        Assert.Equal([0.5, 1, 1, 0.5], Rates(LearningRateSchedule.Linear));
        Assert.Equal([0.5, 1, 1, 0.5], Rates(LearningRateSchedule.Cosine).Select(rate => Math.Round(rate, 12)));

        static double[] Rates(LearningRateSchedule schedule)
        {
            var rates = new LearningRates(1, schedule, 2, 4);
            return [.. Enumerable.Range(0, 4).Select(rates.Of)];
        }
    }
}
