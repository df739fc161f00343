namespace LoraHub.Api.Trainings;

static class TrainingServices
{
    /// <summary>Adds the intake of trainings; requires that of predictions.</summary>
    public static IServiceCollection AddTrainings(this IServiceCollection services) => services
        .AddSingleton<TrainingIntake>()
        .AddSingleton<TrainingStart>()
        .AddSingleton<TrainingData>();
}
