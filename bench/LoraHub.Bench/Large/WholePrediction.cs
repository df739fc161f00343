using System.Diagnostics.Metrics;
using System.Text.Json.Nodes;
using LoraHub.Core.Predictions.Inputs;
using LoraHub.Core.Telemetry;
using LoraHub.Inference;
using LoraHub.Inference.Tokenization;

namespace LoraHub.Bench.Large;

/// <summary>Times a prediction from inputs to result files, with the model and its modules in memory.</summary>
static class WholePrediction
{
    /// <param name="options">Where and how it is computed; as the service does by default if null.</param>
    /// <param name="method">See <see cref="Methods"/>.</param>
    /// <returns>Seconds of the whole prediction, and the sum of its evaluations.</returns>
    public static (double Total, double Evaluations) Measure(string folder, InferenceOptions? options = null, string method = Methods.Default)
    {
        var evaluations = 0.0;
        using var listener = new MeterListener();
        listener.SetMeasurementEventCallback<double>((_, seconds, _, _) => evaluations += seconds);
        listener.EnableMeasurementEvents(Instruments.EvaluationDuration);

        using var bundle = new Bundle(folder, RandomT5.Id, options ?? new InferenceOptions());
        bundle.Predict(Input(folder, budget: 10, method)); // loads the model and modules
        evaluations = 0;
        var total = Timed.Seconds(() => bundle.Predict(Input(folder, budget: 40, method)));
        return (total, evaluations);
    }

    static PredictionInput Input(string folder, int budget, string method)
    {
        var tokenizer = T5Tokenizer.Load(Path.Combine(folder, RandomT5.Id));
        var (input, errors) = InputParser.Parse(new JsonObject
        {
            [InputSchema.ExampleInputs] = Texts(LargeWork.Inputs),
            [InputSchema.ExampleOutputs] = Texts(LargeWork.Targets),
            [InputSchema.LoraModulesSpecified] = string.Join(',', Enumerable.Range(0, LargeWork.Modules).Select(RandomModules.Id)),
            [InputSchema.MaxInferenceStep] = budget,
            [InputSchema.Seed] = 1,
            [InputSchema.Method] = method,
        });
        return input ?? throw new InvalidOperationException(string.Join(' ', errors.Select(error => $"{error.Field}: {error.Message}")));

        // Texts with as many tokens as the rows.
        string Texts(int[][] rows) => new JsonArray([.. rows.Select(row => JsonValue.Create(Text(row.Length)))]).ToJsonString();

        string Text(int length)
        {
            var text = "dog";
            while (tokenizer.Encode(text).Ids.Length < length)
            {
                text += " dog";
            }

            return text;
        }
    }
}
