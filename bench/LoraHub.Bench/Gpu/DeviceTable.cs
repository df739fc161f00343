using System.Globalization;

using LoraHub.Bench.Large;
using LoraHub.Bench.Tune;
using LoraHub.Core.Predictions.Inputs;
using LoraHub.Inference;
using LoraHub.Inference.T5;

using static TorchSharp.torch;

namespace LoraHub.Bench.Gpu;

/// <summary>
/// Prints what docs/cuda.md asks of a device, on FLAN-T5-large's shape: evaluations, launches, adapters in one pass, answers, predictions and
/// tuning steps. Each part ends with a line, so that a run that is stopped has shown what it measured.
/// </summary>
static class DeviceTable
{
    const int Rounds = 5;

    /// <summary>As many as an evaluation of five examples launches (docs/cuda.md).</summary>
    const int Launches = 1_700;

    /// <param name="name"><c>cuda</c>, <c>cuda:1</c> or <c>cpu</c>.</param>
    /// <param name="folder">The folder of the random large model and its modules, written if missing (3.5 GB).</param>
    public static void Print(string name, string folder)
    {
        var place = device(name);
        using var noGrad = no_grad();
        Console.WriteLine($"{name}; {Machine.Describe()}");
        Console.WriteLine();
        Console.WriteLine("| figure | measured |");
        Console.WriteLine("|---|---|");
        Row($"{Launches} launches of the smallest operation, one after the other", $"{Seconds(() => Launch(place)) * 1000:0.0} ms");
        foreach (var type in (ScalarType[])[ScalarType.Float32, ScalarType.BFloat16])
        {
            PrintModel(folder, type, place);
        }

        foreach (var method in Methods.Names)
        {
            var (total, evaluations) = WholePrediction.Measure(folder, new InferenceOptions { Device = name }, method);
            Row($"a prediction of 40 evaluations, `{method}`; its search's evaluations", $"{total:0.00} s; {evaluations:0.00} s");
        }

        Console.WriteLine();
        TuneTable.PrintDevice(folder, place, Rounds);
    }

    static void PrintModel(string folder, ScalarType type, Device place)
    {
        var dtype = type == ScalarType.BFloat16 ? "bf16" : "fp32";
        LargeWork? loaded = null;
        var loading = Timed.Seconds(() => loaded = new LargeWork(folder, type, device: place));
        using var work = loaded!;
        Row($"{dtype}: the model and {LargeWork.Modules} modules on the device, from files", $"{loading:0.0} s");
        var loss = 0.0;
        var evaluation = Seconds(() => loss = work.Evaluate(work.Weights(1)));
        Row($"{dtype}: one evaluation, five examples", $"{evaluation * 1000:0.0} ms; loss {loss:0.0000000}");
        if (type == ScalarType.Float32 && place.type == TorchSharp.DeviceType.CUDA)
        {
            backends.cuda.matmul.allow_tf32 = true;
            evaluation = Seconds(() => loss = work.Evaluate(work.Weights(1)));
            Row($"fp32 with TF32: the same", $"{evaluation * 1000:0.0} ms; loss {loss:0.0000000}");
            backends.cuda.matmul.allow_tf32 = false;
        }

        foreach (var adapters in (int[])[1, 2, 4, 8, 16, 32, 64])
        {
            var seconds = Seconds(() => Score(work, adapters));
            Row($"{dtype}: {adapters} adapters in one pass", $"{seconds * 1000:0.0} ms; {seconds * 1000 / adapters:0.0} ms each");
            if (place.type == TorchSharp.DeviceType.CPU && seconds > 5)
            {
                break; // the caches are long full: it takes as long as one by one
            }
        }

        foreach (var rows in (int[])[1, 5, 64])
        {
            const int Few = 1, Many = 9;
            var token = (Seconds(() => Generate(work, rows, Many)) - Seconds(() => Generate(work, rows, Few))) / (Many - Few);
            Row($"{dtype}: a token of {rows} rows", $"{token * 1000:0.0} ms; {rows / token:0} tokens/s");
        }
    }

    /// <summary>Each needs the one before, as most of an evaluation's do.</summary>
    static void Launch(Device place)
    {
        using var scope = NewDisposeScope();
        var number = zeros(1, device: place);
        for (var i = 0; i < Launches; i++)
        {
            number.add_(1);
        }

        number.cpu(); // waits for the last
    }

    static void Score(LargeWork work, int adapters)
    {
        using var scope = NewDisposeScope();
        work.Examples.MeanTokenLosses(work.Composition.Compose([.. Enumerable.Range(0, adapters).Select(work.Weights)]));
    }

    static void Generate(LargeWork work, int rows, int tokens) => GreedyDecoder.Generate(
        work.Model,
        [.. Enumerable.Range(0, rows).Select(row => LargeWork.Inputs[row % LargeWork.Inputs.Length])],
        lora: null,
        tokens,
        CancellationToken.None);

    /// <summary>The median of several runs after one that warms up. The work ends by reading a result, so that the device has finished.</summary>
    static double Seconds(Action work)
    {
        work();
        return Timed.Median(Enumerable.Range(0, Rounds).Select(_ => Timed.Seconds(work)));
    }

    static void Row(string figure, FormattableString measured) =>
        Console.WriteLine($"| {figure} | {measured.ToString(CultureInfo.InvariantCulture)} |");
}
