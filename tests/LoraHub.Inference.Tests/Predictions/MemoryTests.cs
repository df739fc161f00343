using TorchSharp;

namespace LoraHub.Inference.Tests.Predictions;

public sealed class MemoryTests(PredictorFixture predictions) : IClassFixture<PredictorFixture>
{
    [Fact]
    public void Two_hundred_predictions_leave_memory_as_it_was()
    {
        const string Request = """
            {"example_inputs": "zorp [ teacher ]\nzorp [ nurse ]", "example_outputs": "teachers\nnurses", "seed": 1, "num_random_lora_modules": 5,
             "max_inference_step": 10, "test_inputs": "zorp [ dog ]", "max_new_tokens": 8}
            """;

        // Caches, pools and the JIT fill first.
        Predict(20);
        var (tensors, memory) = Measure();
        Predict(200);
        var (tensorsAfter, memoryAfter) = Measure();

        Assert.Equal(tensors, tensorsAfter);
        Assert.InRange(memoryAfter, 0, memory * 1.1);

        void Predict(int times)
        {
            for (var i = 0; i < times; i++)
            {
                predictions.Predict(Request);
            }
        }

        static (long Tensors, long Memory) Measure()
        {
            // Aggressive: returns unused managed memory to the system, so that it does not distort the measurement.
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            GC.WaitForPendingFinalizers();
            return (DisposeScopeManager.Statistics.ThreadTotalLiveCount, Environment.WorkingSet);
        }
    }
}
