using LoraHub.Core.Predictions;
using LoraHub.Core.Predictions.Inputs;

namespace LoraHub.Web.Trainings;

/// <summary>What pages call a training and its parts.</summary>
static class TrainingWords
{
    /// <summary>The types with what they do.</summary>
    public static IReadOnlyList<(string Value, string Title, string Words)> Types { get; } =
    [
        (TrainingSchema.Tune, "Tune", "trains a LoRA by gradient. It needs more data and time than a composition, and learns more."),
        (TrainingSchema.Compose, "Compose", "searches the weights of modules that are in the library. A handful of examples and a minute are enough."),
        (TrainingSchema.ComposeAndTune, "Compose and tune", "composes modules first, then trains the composition by gradient."),
    ];

    /// <summary>The module that gets the new version. Records of earlier versions do not name it.</summary>
    public static string Destination(Prediction training) =>
        training.Created.Destination ?? training.Output?.Version?.Split(':')[0] ?? $"Training {training.Id[..8]}";

    public static string Type(Prediction training) => (training.Input[TrainingSchema.Type]?.ToString()
        ?? (training.Created.Model is null ? TrainingSchema.Compose : TrainingSchema.Tune)).Replace('_', ' ');
}
