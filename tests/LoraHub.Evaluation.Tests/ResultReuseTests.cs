using LoraHub.Api.Tests.Support;
using LoraHub.Core.Predictions;
using LoraHub.Inference;
using LoraHub.Modules.Folders;
using LoraHub.Modules.Library;

namespace LoraHub.Evaluation.Tests;

/// <summary>A stored result is reused only under the conditions that it was made under.</summary>
public sealed class ResultReuseTests : IDisposable
{
    const string Base = "lorahub/t5-mini";

    readonly TaskFolder _folder = new();
    readonly ScriptedPredictor _predictor = new();

    int _ran;

    public ResultReuseTests() => _predictor.Script = run =>
    {
        _ran++;
        var answer = run.Answer();
        return answer with { Output = answer.Output with { Accuracy = new AccuracyReport(0, 50) } };
    };

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Results_under_equal_conditions_are_reused()
    {
        await RunAsync(new InferenceOptions());
        await RunAsync(new InferenceOptions());

        Assert.Equal(1, _ran);
    }

    public static TheoryData<string, InferenceOptions> OtherSettings => new()
    {
        { "precision", new InferenceOptions { Precision = Precision.Bf16 } },
        { "device", new InferenceOptions { Device = "cuda" } },
        { "threads", new InferenceOptions { Threads = Environment.ProcessorCount + 1 } },
    };

    [Theory]
    [MemberData(nameof(OtherSettings))]
    public async Task Results_of_another_precision_device_or_thread_count_are_not_reused(string _, InferenceOptions other)
    {
        await RunAsync(new InferenceOptions());

        Assert.Equal(1, await RunAsync(other));
        Assert.Equal(2, _ran);
    }

    [Fact]
    public async Task Results_of_another_version_of_the_program_are_not_reused()
    {
        await RunAsync(new InferenceOptions());
        var path = Path.Combine(_folder.Path, "out", EvaluationResults.FileName);
        var line = await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken);
        var program = $"\"program\":\"{Setting(new InferenceOptions()).Conditions.Program}\"";
        Assert.Contains(program, line, StringComparison.Ordinal);

        var older = line.Replace(program, "\"program\":\"0.0.1\"", StringComparison.Ordinal);
        await File.WriteAllTextAsync(path, older, TestContext.Current.CancellationToken);
        Assert.Equal(1, await RunAsync(new InferenceOptions()));

        // A line of a version that did not record its conditions is still a valid line.
        await File.WriteAllTextAsync(path, line.Replace($",{program}", "", StringComparison.Ordinal), TestContext.Current.CancellationToken);
        Assert.Equal(1, await RunAsync(new InferenceOptions()));
        Assert.Equal(3, _ran);
    }

    [Theory]
    [InlineData("parity/adapter_model.safetensors")]
    [InlineData("parity/adapter_config.json")]
    [InlineData("t5-mini/model.safetensors")]
    public async Task Results_of_other_files_are_not_reused(string changed)
    {
        await RunAsync(new InferenceOptions());
        var file = Path.Combine(Models, "lorahub", changed);
        var (bytes, time) = (await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken), File.GetLastWriteTimeUtc(file));

        await File.WriteAllBytesAsync(file, Changed(bytes), TestContext.Current.CancellationToken);
        File.SetLastWriteTimeUtc(file, time); // as a copy that keeps times has it
        Assert.Equal(1, await RunAsync(new InferenceOptions()));

        await File.WriteAllBytesAsync(file, bytes, TestContext.Current.CancellationToken);
        Assert.Equal(0, await RunAsync(new InferenceOptions()));
        Assert.Equal(2, _ran);
    }

    [Fact]
    public async Task A_module_that_changes_during_the_evaluation_ends_it_without_a_result()
    {
        CreateModels();
        var script = _predictor.Script;
        _predictor.Script = run =>
        {
            File.AppendAllText(Path.Combine(Models, "lorahub", "parity", "adapter_model.safetensors"), " ");
            return script(run);
        };

        var exception = await Assert.ThrowsAsync<EvaluationException>(() => RunAsync(new InferenceOptions()));

        Assert.StartsWith("The base model or a module was changed during the evaluation.", exception.Message, StringComparison.Ordinal);
        Assert.Empty(await File.ReadAllTextAsync(
            Path.Combine(_folder.Path, "out", EvaluationResults.FileName), TestContext.Current.CancellationToken));
    }

    string Models => Path.Combine(_folder.Path, "models");

    /// <summary>Runs one prediction in a process of its own, as far as the caches go.</summary>
    /// <returns>How many results were there for it that cannot be reused.</returns>
    async Task<int> RunAsync(InferenceOptions options)
    {
        var (library, setting) = (Library(), Setting(options));
        var plan = EvaluationPlan.Create(
            [TaskFolder.Task("a", 2)], [EvaluationMethod.Read("""one={"lora_modules_specified":"lorahub/parity"}""")], [1], [], draws: null, library);
        using var results = EvaluationResults.Open(Path.Combine(_folder.Path, "out"));
        var outdated = plan.Outdated(setting, results);
        var run = new EvaluationRun(_predictor, library, Path.Combine(_folder.Path, "data"), setting, results, TimeProvider.System);
        await run.RunAsync(plan.Left(setting, results), _ => { }, _ => { }, TestContext.Current.CancellationToken);
        return outdated;
    }

    EvaluationSetting Setting(InferenceOptions options) => EvaluationSetting.Of(Library(), options);

    ModuleLibrary Library()
    {
        CreateModels();
        var path = new SearchPath([Models]);
        return new ModuleLibrary(path, new BaseModels(path, Base));
    }

    /// <summary>Copies the shipped base model and one of its modules.</summary>
    void CreateModels()
    {
        Copy("t5-mini", "t5-mini");
        Copy("t5_mini-parity_safetensors", "parity");
    }

    void Copy(string from, string to)
    {
        var folder = Path.Combine(Models, "lorahub", to);
        if (Directory.Exists(folder))
        {
            return;
        }

        Directory.CreateDirectory(folder);
        foreach (var file in Directory.EnumerateFiles(Path.Combine(Repository.Root, "models", "lorahub", from)))
        {
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
        }
    }

    /// <summary>Changes a number of weights, or a space of JSON.</summary>
    static byte[] Changed(byte[] bytes)
    {
        var changed = bytes.ToArray();
        if (bytes[^1] is (byte)'}' or (byte)'\n')
        {
            return [.. changed, (byte)' '];
        }

        changed[^3] ^= 1;
        return changed;
    }
}
