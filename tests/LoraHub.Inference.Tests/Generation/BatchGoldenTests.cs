using System.Text.Json;

using LoraHub.Inference.Lora;
using LoraHub.Inference.T5;
using LoraHub.Inference.Tests.Predictions;

using static TorchSharp.torch;

namespace LoraHub.Inference.Tests.Generation;

/// <summary>Answers in a running batch against the reference's and those of <see cref="GreedyDecoder"/>, one prompt at a time.</summary>
public sealed class BatchGoldenTests(MiniModel mini) : IClassFixture<MiniModel>
{
    static readonly string[] Tasks = ["plural_nonce", "capital_nonce", "past_nonce", "french_nonce", "antonym_options", "category_nonce"];

    [Theory]
    [InlineData("tiny-v1_1", ScalarType.Float32, 8)]
    [InlineData("tiny-v1_0", ScalarType.Float32, 9)]
    [InlineData("tiny-v1_1", ScalarType.Float64, 8)]
    public void Ids_are_those_of_the_reference_alone_together_and_one_joining_at_each_step(string name, ScalarType type, int count)
    {
        using var model = TestModels.Tiny(name, type);
        var cases = JsonDocument.Parse(File.ReadAllText(Golden.Path($"t5/{name}.generate.json"))).RootElement.EnumerateArray().ToArray();
        var prompts = cases.SelectMany(golden => golden.GetProperty("input_ids").Deserialize<int[][]>()!
            .Select(ids => (ids, (LoraModule?)null, golden.GetProperty("max_new_tokens").GetInt32()))).ToArray();
        var expected = cases.SelectMany(golden => golden.GetProperty("ids").Deserialize<int[][]>()!)
            .Select(ids => UpToEnd(model, ids[1..])).ToArray();

        foreach (var (prompt, ids) in prompts.Zip(expected))
        {
            Assert.Equal([ids], Answer(model, [prompt]));
        }

        Assert.Equal(expected, Answer(model, prompts));
        Assert.Equal(expected, Answer(model, prompts, oneAtEachStep: true));
        Assert.Equal(count, prompts.Length);
    }

    [Theory]
    [InlineData(ScalarType.Float32)]
    [InlineData(ScalarType.Float64)]
    public void Modules_of_all_ranks_and_targets_answer_beside_each_other_as_alone(ScalarType type)
    {
        using var model = TestModels.Tiny("tiny-v1_1", type);
        string[] names = ["mixed-r1", "mixed-r8", "mixed-ff", "mixed-regex", "mixed-r2", "uniform-0"];
        using var modules = new ModuleList(names, name => TestModels.TinyModule(name, model));
        var random = new Random(1);
        var prompts = Enumerable.Range(0, 35).Select(i =>
        {
            int[] ids = [.. Enumerable.Range(0, random.Next(1, 40)).Select(_ => random.Next(2, model.Config.VocabSize)), 1];
            return (ids, i % 7 == 6 ? null : (LoraModule?)modules.Items[i % 7], random.Next(1, 70));
        }).ToArray();
        var expected = prompts.Select(prompt => Alone(model, prompt)).ToArray();

        Assert.Equal(expected, Answer(model, prompts));
        Assert.Equal(expected, Answer(model, prompts, oneAtEachStep: true));
        Assert.Contains(expected, ids => ids.Length > 40); // the rows' room has grown
    }

    [Fact]
    public void The_base_model_gives_the_references_answers_to_all_tasks()
    {
        var golden = JsonDocument.Parse(File.ReadAllText(Golden.Path("bundle/zero_shot.json"))).RootElement;
        foreach (var task in golden.EnumerateObject())
        {
            var prompts = mini.Tokenize(TaskFile.Read(task.Name).TestInputs).Select(ids => (ids, (LoraModule?)null, 256)).ToArray();

            var answers = Answer(mini.Fp32.Model, prompts).Select(ids => mini.Fp32.Tokenizer.Decode([.. ids]));

            Assert.Equal(task.Value.GetProperty("predictions").Deserialize<string[]>()!, answers);
        }
    }

    [Fact]
    public void The_shipped_modules_answer_mixed_prompts_as_alone()
    {
        var model = mini.Fp32.Model;
        string[] names =
        [
            "t5_mini-plurals", "t5_mini-booleans_r16", "t5_mini-nli_r4", "t5_mini-acronyms_all_linear", "t5_mini-french", "t5_mini-past_tense",
            "t5_mini-capitals",
        ];
        using var modules = new ModuleList(names, name => TestModels.MiniModule(name, model));
        var inputs = Tasks.SelectMany(task => TaskFile.Read(task).TestInputs.Take(8)).ToArray();
        var prompts = mini.Tokenize(inputs).Select((ids, i) => (ids, i % 8 == 7 ? null : (LoraModule?)modules.Items[i % 8], 24)).ToArray();
        var expected = prompts.Select(prompt => Alone(model, prompt)).ToArray();

        Assert.Equal(expected, Answer(model, prompts));
        Assert.Equal(expected, Answer(model, prompts, oneAtEachStep: true));
        Assert.Equal(48, prompts.Length);
    }

    static IReadOnlyList<IReadOnlyList<int>> Answer(
        T5Model model, IReadOnlyList<(int[] Ids, LoraModule? Module, int Most)> prompts, bool oneAtEachStep = false)
    {
        var answers = new BatchAnswers(model);
        if (oneAtEachStep)
        {
            answers.AddOneAtEachStep(prompts);
        }
        else
        {
            prompts.ToList().ForEach(prompt => answers.Add(prompt.Ids, prompt.Module, prompt.Most));
        }

        answers.Run();

        Assert.All(answers.Ends, end => Assert.True(end.IsCompletedSuccessfully));
        return answers.Ids;
    }

    static int[] Alone(T5Model model, (int[] Ids, LoraModule? Module, int Most) prompt)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        using var composition = prompt.Module is null ? null : new DeltaComposition([prompt.Module], model.ComputeType);
        var ids = GreedyDecoder.Generate(
            model, [prompt.Ids], composition?.Compose([[1.0]]), prompt.Most, TestContext.Current.CancellationToken)[0];
        return UpToEnd(model, ids);
    }

    static int[] UpToEnd(T5Model model, int[] ids) =>
        Array.FindIndex(ids, id => model.Generation.EndTokenIds.Contains(id)) is >= 0 and var end ? ids[..(end + 1)] : ids;
}
