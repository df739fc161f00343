using LoraHub.Core.Trainings;

namespace LoraHub.Inference.Training;

/// <summary>The learning rate of each step, as transformers' schedules with warm-up.</summary>
sealed record LearningRates(double Highest, LearningRateSchedule Schedule, int Warmup, int Steps)
{
    /// <param name="step">Counted from 0.</param>
    public double Of(int step)
    {
        if (step < Warmup)
        {
            return Highest * ((step + 1) / (double)Warmup);
        }

        var done = (step - Warmup) / (double)Math.Max(1, Steps - Warmup);
        return Highest * Schedule switch
        {
            LearningRateSchedule.Linear => (Steps - step) / (double)Math.Max(1, Steps - Warmup),
            LearningRateSchedule.Cosine => 0.5 * (1 + Math.Cos(Math.PI * done)),
            _ => 1,
        };
    }
}
