using LoraHub.Api.Docs;

namespace LoraHub.Api.Modules;

/// <summary>Examples of the answers about modules.</summary>
sealed class ModuleAnswerExamples : IAnswerExamples
{
    public object? Find(Type type, int statusCode) => ModuleExamples.At(ExamplePrediction.Now).FirstOrDefault(type.IsInstanceOfType);
}
