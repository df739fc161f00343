using System.Text.Json.Nodes;
using LoraHub.Core;
using LoraHub.Core.Predictions;
using LoraHub.Core.Predictions.Inputs;
using LoraHub.Inference.Predictions;
using LoraHub.Inference.Tokenization;

namespace LoraHub.Inference.Tests.Predictions;

/// <summary>Prompts answered by the real predictor, several at once, with the shipped model and modules.</summary>
public sealed class PromptTests(PredictorFixture predictions) : IClassFixture<PredictorFixture>
{
    const string Base = "lorahub/t5-mini";

    static readonly string?[] Modules =
    [
        "lorahub/t5_mini-plurals", "lorahub/t5_mini-french", "lorahub/t5_mini-capitals", "lorahub/t5_mini-booleans_r16", null,
        "lorahub/t5_mini-nli_r4", "lorahub/t5_mini-past_tense", "lorahub/t5_mini-acronyms_all_linear",
    ];

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Sixteen_prompts_over_eight_models_get_at_once_what_each_gets_alone()
    {
        var plans = TaskFile.Read("plural_nonce").TestInputs.Take(16).Select((prompt, i) => Plan(Modules[i % Modules.Length], prompt)).ToArray();
        var alone = new List<string>();
        foreach (var plan in plans)
        {
            alone.Add((await AnswerAsync(plan)).Text);
        }

        var together = await Task.WhenAll(plans.Select(plan => AnswerAsync(plan)));

        Assert.Equal(alone, together.Select(answer => answer.Text));
        Assert.All(together, answer => Assert.True(answer.Measures["output_token_count"] is >= 1 and <= 16));
        Assert.True(alone.Distinct().Count() > 8);
    }

    [Fact]
    public async Task Beams_samples_and_stop_texts_are_the_same_beside_others()
    {
        var plan = Plan("lorahub/t5_mini-past_tense_list", "hope play dance ?");
        var greedy = (await AnswerAsync(plan)).Text;
        var stop = greedy[greedy.Length / 2].ToString();
        PromptInput[] inputs =
        [
            plan.Input, plan.Input with { Beams = 4 }, plan.Input with { Temperature = 3, TopK = 200 }, plan.Input with { Stop = [stop] },
        ];
        var alone = new List<string>();
        foreach (var input in inputs)
        {
            alone.Add((await AnswerAsync(plan with { Input = input })).Text);
        }

        var together = await Task.WhenAll(Enumerable.Range(0, 5).SelectMany(_ => inputs).Select(input => AnswerAsync(plan with { Input = input })));

        Assert.Equal(Enumerable.Range(0, 5).SelectMany(_ => alone), together.Select(answer => answer.Text));
        Assert.Equal(greedy, alone[0]);
        Assert.NotEqual(greedy, alone[2]);
        Assert.Equal(greedy[..greedy.IndexOf(stop, StringComparison.Ordinal)], alone[3]);
    }

    [Fact]
    public async Task An_answer_names_what_made_it_and_measures_itself()
    {
        var plan = Plan("lorahub/t5_mini-plurals", "zorp [ boat ]");

        var (_, log, measures) = await AnswerAsync(plan);
        var (_, bare, _) = await AnswerAsync(Plan(null, "zorp [ boat ]"));

        Assert.Equal("Using seed: 7", log[0]);
        Assert.Contains($"Model: lorahub/t5_mini-plurals (r 8, sha256 {plan.Module!.Digest[..12]}) on {Base}", log);
        Assert.Contains($"Model: {Base}", bare);
        Assert.Equal(["input_token_count", "output_token_count", "time_to_first_token", "tokens_per_second"], measures.Keys.Order());
        Assert.Equal(T5Tokenizer.Load(Golden.Model(Base)).Encode("zorp [ boat ]").Ids.Length, measures["input_token_count"]);
        Assert.All(measures.Values, value => Assert.True(value > 0));
    }

    [Fact]
    public async Task A_prompt_over_the_limit_is_cut_and_the_log_says_so()
    {
        using var predictor = new LoraHubPredictor(
            new InferenceOptions { Precision = Precision.Fp32 }, predictions.Library.Bases, predictions.Library, TimeProvider.System,
            new LimitsOptions { TextTokens = 16 });
        var progress = new Collected();

        await predictor.GenerateAsync(Plan(null, string.Concat(Enumerable.Repeat("boat ", 100_000))), progress, Cancellation);

        Assert.Contains("prompt is longer than 16 tokens and was cut.", progress.Lines);
        Assert.Equal(16, progress.Measures["input_token_count"]);
    }

    [Fact]
    public async Task What_cannot_be_answered_fails_with_its_reason_while_another_is_answered()
    {
        var gone = Plan("lorahub/t5_mini-plurals", "zorp [ boat ]");
        gone = gone with { Module = gone.Module! with { Digest = new string('0', 64) } };

        var answered = AnswerAsync(Plan("lorahub/t5_mini-plurals", "zorp [ boat ]"));
        var module = await Assert.ThrowsAsync<PredictionException>(() => AnswerAsync(gone));
        var missing = await Assert.ThrowsAsync<PredictionException>(
            () => AnswerAsync(Plan(null, "zorp [ boat ]") with { BaseModel = "google/none" }));

        Assert.Contains("`lorahub/t5_mini-plurals`", module.Message, StringComparison.Ordinal);
        Assert.Contains("`google/none` was not found", missing.Message, StringComparison.Ordinal);
        Assert.NotEmpty((await answered).Text);
    }

    [Fact]
    public async Task A_canceled_prompt_is_canceled_and_the_others_are_answered()
    {
        using var canceled = new CancellationTokenSource();
        var plan = Plan("lorahub/t5_mini-plurals", "zorp [ boat ]");
        var expected = (await AnswerAsync(plan)).Text;

        var others = Enumerable.Range(0, 4).Select(_ => AnswerAsync(plan)).ToArray();
        var one = predictions.Predictor.GenerateAsync(plan, new Collected(canceled.Cancel), canceled.Token);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => one);
        Assert.All(await Task.WhenAll(others), answer => Assert.Equal(expected, answer.Text));
    }

    GenerationPlan Plan(string? module, string prompt)
    {
        var (input, errors) = PromptParser.Parse(new JsonObject { ["prompt"] = prompt, ["max_new_tokens"] = 16 });
        Assert.Empty(errors);
        var version = predictions.Library.List().SingleOrDefault(one => one.Id == module);
        var use = version is null ? null : new ModuleUse(version.Id, predictions.Library.DigestOf(version)!);
        return new GenerationPlan(input!, Base, use, 7);
    }

    async Task<(string Text, IReadOnlyList<string> Log, IReadOnlyDictionary<string, double> Measures)> AnswerAsync(GenerationPlan plan)
    {
        var progress = new Collected();
        await predictions.Predictor.GenerateAsync(plan, progress, Cancellation);
        return (string.Concat(progress.Pieces), progress.Lines, progress.Measures);
    }

    /// <param name="onLine">Runs at the first line.</param>
    sealed class Collected(Action? onLine = null) : IPredictionProgress
    {
        public List<string> Lines { get; } = [];

        public List<string> Pieces { get; } = [];

        public Dictionary<string, double> Measures { get; } = [];

        public void Log(string line)
        {
            Lines.Add(line);
            onLine?.Invoke();
        }

        public void Measure(string name, double value) => Measures.Add(name, value);

        public void Generated(string text)
        {
            Assert.NotEmpty(text);
            Pieces.Add(text);
        }
    }
}
