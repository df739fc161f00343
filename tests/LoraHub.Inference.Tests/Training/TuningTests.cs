using System.IO.Compression;
using System.Text.Json;

using LoraHub.Core.Predictions;
using LoraHub.Core.Trainings;
using LoraHub.Formats.Adapters;
using LoraHub.Inference.Lora;
using LoraHub.Inference.Tests.Predictions;
using LoraHub.Modules.Versions;

using static TorchSharp.torch;

namespace LoraHub.Inference.Tests.Training;

/// <summary>Whole trainings of the shipped model.</summary>
public sealed class TuningTests : IDisposable
{
    readonly TuningCase _tuning = new();

    public void Dispose() => _tuning.Dispose();

    [Fact]
    public void A_training_that_is_interrupted_after_any_step_gives_the_same_files()
    {
        var plan = TuningCase.Plan(TuningCase.Settings);
        var (whole, _) = _tuning.Tune(plan);

        for (var interrupted = 1; interrupted <= TuningCase.Settings.Steps; interrupted++)
        {
            using var canceled = new CancellationTokenSource();
            var last = interrupted;
            var checkpoints = new MemoryCheckpoints(count => Cancel(count == last));
            Assert.Throws<OperationCanceledException>(() => _tuning.Tune(plan, null, checkpoints, canceled.Token));

            var (resumed, log) = _tuning.Tune(plan, null, new MemoryCheckpoints { Last = checkpoints.Last });

            Assert.Contains($"Continuing after step {interrupted} of 6.", log);
            Assert.Equal(File.ReadAllBytes(whole.AdapterFile), File.ReadAllBytes(resumed.AdapterFile));
            Assert.Equal(File.ReadAllBytes(whole.TraceFile!), File.ReadAllBytes(resumed.TraceFile!));

            void Cancel(bool isNow)
            {
                if (isNow)
                {
                    canceled.Cancel();
                }
            }
        }
    }

    [Fact]
    public void A_checkpoint_of_another_training_or_a_broken_one_is_not_used()
    {
        var checkpoints = new MemoryCheckpoints();
        _tuning.Tune(TuningCase.Plan(TuningCase.Settings), null, checkpoints);
        var plan = TuningCase.Plan(TuningCase.Settings, seed: 8);
        var (expected, _) = _tuning.Tune(plan);

        foreach (var last in new[] { checkpoints.Last, [1, 2, 3] })
        {
            var (result, log) = _tuning.Tune(plan, null, new MemoryCheckpoints { Last = last });

            Assert.Contains(log, line => line.EndsWith("starting from the beginning.", StringComparison.Ordinal));
            Assert.Equal(File.ReadAllBytes(expected.AdapterFile), File.ReadAllBytes(result.AdapterFile));
        }
    }

    [Fact]
    public void A_training_learns_and_says_so()
    {
        var (result, log) = _tuning.Tune(TuningCase.Plan(TuningCase.Settings with { Steps = 40, EarlyStopping = 0, Dropout = 0 }));

        var trace = JsonDocument.Parse(File.ReadAllText(result.TraceFile!)).RootElement.GetProperty("steps").EnumerateArray().ToArray();
        Assert.Equal(40, trace.Length);
        Assert.True(trace[^1].GetProperty("loss").GetDouble() < trace[0].GetProperty("loss").GetDouble() / 2);
        Assert.True(result.Output.Loss!.Adapted < result.Output.Loss.ZeroShot);
        Assert.Contains(log, line => line.StartsWith("100%|██████████| 40/40 [", StringComparison.Ordinal) && line.Contains("loss="));
        Assert.Contains(log, line => line.StartsWith("Memory of a step", StringComparison.Ordinal));
        Assert.Contains("Examples that were cut to 16 tokens (max_tokens): 1.", log);
        var card = Read(result.AdapterFile, "README.md");
        Assert.Contains("| data | 8 examples, 2 to validate on (sha256 ", card);
        Assert.Contains("| the base model alone |", card);
    }

    [Fact]
    public void A_training_goes_on_from_a_module_and_keeps_what_is_out_of_scope()
    {
        using var scope = NewDisposeScope();
        var version = _tuning.Library.Find(new ModuleReference("lorahub/t5_mini-plurals", null))!;
        var settings = TuningCase.Settings with { Scope = TuningScope.Decoder, EarlyStopping = 0 };

        var (result, log) = _tuning.Tune(TuningCase.Plan(settings, new ModuleUse(version.Id, version.Digest!)));

        Assert.Contains(log, line => line.Contains("from lorahub/t5_mini-plurals@", StringComparison.Ordinal));
        using var model = TestModels.Mini(ScalarType.Float32);
        using var before = TestModels.MiniModule("t5_mini-plurals", model);
        var folder = Answer.Unpack(result.AdapterFile);
        using var after = LoraModule.Load(new ModuleVersion { Id = "me/plurals", Folder = folder, BaseModel = "lorahub/t5-mini" }, model);
        Assert.Equal(before.Layout.Signature, after.Layout.Signature);
        Assert.All(after.Layout.Slots, slot => Assert.Equal(
            slot.Layer.StartsWith("encoder.", StringComparison.Ordinal), slot.B(before.Numbers).Equals(slot.B(after.Numbers))));
    }

    [Fact]
    public void A_training_goes_on_from_a_composition()
    {
        var (first, _) = _tuning.Tune(TuningCase.Plan(TuningCase.Settings with { TargetModules = ["q", "wi_0"], Rank = 3 }));
        var folder = _tuning.Folder();
        File.Copy(first.AdapterFile, Path.Combine(folder, TrainingLines.StartFile));

        var (result, _) = _tuning.Tune(TuningCase.Plan(TuningCase.Settings with { LearningRate = 0 }), folder);

        Assert.Equal(Bytes(first.AdapterFile, "adapter_model.safetensors"), Bytes(result.AdapterFile, "adapter_model.safetensors"));
        Assert.Equal(3, AdapterConfig.Load(Answer.Unpack(result.AdapterFile)).Rank);
    }

    [Fact]
    public void A_loss_that_is_not_finite_ends_the_training_and_names_the_step()
    {
        var plan = TuningCase.Plan(TuningCase.Settings with { LearningRate = 1e30, Warmup = 0, Schedule = LearningRateSchedule.Constant });

        var failure = Assert.Throws<PredictionException>(() => _tuning.Tune(plan));

        Assert.Matches("^Step [23]: the (loss|gradient) is not finite.*Lower learning_rate", failure.Message);
    }

    [Theory]
    [InlineData("rank: 200 is above the rank of `decoder.block.0.layer.0.SelfAttention.q`, which is 192 × 192; give at most 192.", 200, "q")]
    [InlineData("target_modules: `query` matches no linear layer of the base model; use k, o, q, v, wi_0, wi_1, wo.", 4, "q", "query")]
    public void What_does_not_fit_the_model_is_refused_with_the_cure(string message, int rank, params string[] targets)
    {
        var plan = TuningCase.Plan(TuningCase.Settings with { Rank = rank, TargetModules = targets });

        Assert.Equal(message, Assert.Throws<PredictionException>(() => _tuning.Tune(plan)).Message);
    }

    [Fact]
    public void A_module_of_another_base_is_refused_as_a_start()
    {
        var folder = Directory.CreateDirectory(Path.Combine(_tuning.OwnModels, "me", "other")).FullName;
        foreach (var file in Directory.EnumerateFiles(Golden.Model("lorahub/t5_mini-plurals")))
        {
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
        }

        var config = Path.Combine(folder, "adapter_config.json");
        File.WriteAllText(config, File.ReadAllText(config).Replace("lorahub/t5-mini", "google/flan-t5-large", StringComparison.Ordinal));
        var version = _tuning.Library.Find(new ModuleReference("me/other", null))!;

        var failure = Assert.Throws<PredictionException>(
            () => _tuning.Tune(TuningCase.Plan(TuningCase.Settings, new ModuleUse(version.Id, version.Digest!))));

        Assert.Equal("init_from: `me/other` is a module of `google/flan-t5-large`; name a module of `lorahub/t5-mini`.", failure.Message);
    }

    [Fact]
    public void Too_few_examples_are_refused()
    {
        var plan = TuningCase.Plan(TuningCase.Settings);

        Assert.Equal("train_data: it has no examples; give at least one.", Failure([]));
        Assert.Equal("validation: one example cannot be divided; give more, or set it to 0.", Failure(TuningCase.Examples[..1]));

        string Failure(TrainingExample[] examples) =>
            Assert.Throws<PredictionException>(() => _tuning.Tune(plan, _tuning.Folder(examples))).Message;
    }

    static string Read(string zip, string name) => System.Text.Encoding.UTF8.GetString(Bytes(zip, name));

    static byte[] Bytes(string zip, string name)
    {
        using var archive = ZipFile.OpenRead(zip);
        using var entry = archive.GetEntry(name)!.Open();
        using var content = new MemoryStream();
        entry.CopyTo(content);
        return content.ToArray();
    }
}
