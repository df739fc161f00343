using LoraHub.Api.Docs;

namespace LoraHub.Api.Modules;

/// <summary>Example responses of the module endpoints.</summary>
sealed class ModuleAnswerExamples : IAnswerExamples
{
    public object? Find(Type type, int statusCode) => ModuleExamples.At(ExamplePrediction.Now).FirstOrDefault(type.IsInstanceOfType);
}
