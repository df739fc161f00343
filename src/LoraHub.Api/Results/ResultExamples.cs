using LoraHub.Api.Docs;
using LoraHub.Core.Optimization;
using LoraHub.Core.Predictions;

namespace LoraHub.Api.Results;

/// <summary>The example of a <see cref="SearchTrace"/>.</summary>
sealed class ResultExamples : IAnswerExamples
{
    public object? Find(Type type, int statusCode) => type == typeof(SearchTrace) ? Trace() : null;

    static SearchTrace Trace() => new()
    {
        BaseModel = "lorahub/t5-mini",
        Seed = 42,
        Budget = 40,
        Composition = "factors",
        Objective = "reference",
        Optimizer = Optimizers.Default,
        Modules = [new TracedModule(ExamplePrediction.ModuleId, ExamplePrediction.ModuleDigest)],
        Steps = [new TraceStep(0, TraceKinds.Search, [0], 0.6059, 0.02), new TraceStep(1, TraceKinds.Search, [0.642], 0.0502, 0.04)],
    };
}
