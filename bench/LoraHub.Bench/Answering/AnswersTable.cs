using System.Globalization;

using LoraHub.Bench.Large;
using LoraHub.Bench.Wire;

using static TorchSharp.torch;

namespace LoraHub.Bench.Answering;

/// <summary>Prints how near answers come to the speed of memory and processor, which are measured in the same run, as Markdown.</summary>
static class AnswersTable
{
    const int Rounds = 4;
    const int Many = 64;
    const int PromptTokens = 110;

    static readonly int[] Few = [1, 5];

    /// <param name="folder">The folder of the large random model, written if missing (3.1 GB).</param>
    /// <param name="part">Null for all: <c>tokens</c>, <c>many</c>, <c>start</c> or <c>shipped</c>.</param>
    public static async Task PrintAsync(string folder, string? part)
    {
        var model = RandomT5.Make(folder, RandomT5.Large, Path.Combine(Repository.Root, "models", "lorahub", "t5-mini"));
        Console.WriteLine(Machine.Describe());
        if (part is null or "tokens")
        {
            PrintTokens(model);
        }

        if (part is null or "many")
        {
            PrintMany(model);
        }

        if (part is null or "start")
        {
            await PrintStartAsync(folder);
        }

        if (part is null or "shipped")
        {
            var mini = MiniEvaluation.Measure();
            Line();
            Line($"An evaluation of the shipped model takes {mini.Evaluation * 1000:0.0} ms,");
            Line($"{1 - (mini.Products / mini.Evaluation):P0} of them outside its products.");
            AnswersByPrecision.Print();
        }
    }

    static void PrintTokens(string folder)
    {
        using var noGrad = no_grad();
        using var all = rand((long)RandomT5.Large.VocabSize * RandomT5.Large.DModel * 12); // more than a token reads
        var fp32 = new Kind(new TokenClock(folder, "fp32", ScalarType.Float32, roundsAnswers: false, Few[^1]), sizeof(float), sizeof(float));
        List<Kind> kinds = [fp32];
        foreach (var rounds in (bool[])(LargeWork.Fastest == ScalarType.BFloat16 ? [false, true] : [true]))
        {
            // One model beside fp32's at a time, for their memory.
            using var clock = new TokenClock(folder, rounds ? "int8" : "bf16", LargeWork.Fastest, rounds, Few[^1]);
            var kind = rounds ? new Kind(clock, 1, 2) : new Kind(clock, sizeof(float) / 2, sizeof(float));
            kinds.Add(kind);
            for (var round = 0; round < Rounds; round++)
            {
                fp32.Measure(all);
                kind.Measure(all);
            }
        }

        fp32.Clock.Dispose();
        Line();
        Line("| weights of a token | rows | a token | reading the same bytes | ratio | tokens/s against fp32 |");
        Line("|---|---|---|---|---|---|");
        foreach (var (rows, kind) in Few.SelectMany(rows => kinds.Select(kind => (rows, kind))))
        {
            var (token, read) = (kind.Token(rows), kind.Read);
            var faster = kinds[0].Token(rows) / token;
            Line($"| {kind.Name} | {rows} | {token * 1000:0.0} ms | {read * 1000:0.0} ms | {token / read:0.00} | {faster:0.00}× |");
        }

        Line();
        Line("| weights of a token | first token of a prompt of 110 | encoder and projections at the packed ceiling, and a token | ratio |");
        Line("|---|---|---|---|");
        foreach (var kind in kinds)
        {
            var least = kind.Least(PromptTokens);
            Line($"| {kind.Name} | {kind.First * 1000:0} ms | {least * 1000:0} ms | {kind.First / least:0.00} |");
        }
    }

    static void PrintMany(string folder)
    {
        using var noGrad = no_grad();
        Line();
        Line($"| weights of a token | 1 row, tokens/s | {Many} rows, tokens/s | ratio |");
        Line("|---|---|---|---|");
        foreach (var rounds in (bool[])[false, true])
        {
            using var clock = new TokenClock(folder, rounds ? "int8" : LargeWork.FastestName, LargeWork.Fastest, rounds, Many);
            var (one, many) = (new List<double>(), new List<double>());
            for (var round = 0; round < Rounds; round++)
            {
                one.AddRange(clock.Time(1));
                many.AddRange(clock.Time(Many, tokens: 6));
            }

            var (single, together) = (1 / Timed.Median(one), Many / Timed.Median(many));
            Line($"| {clock.Name} | {single:0.0} | {together:0} | {together / single:0.0}× |");
        }
    }

    static async Task PrintStartAsync(string folder)
    {
        var seconds = new List<double>();
        for (var start = 0; start < 2; start++)
        {
            var began = System.Diagnostics.Stopwatch.StartNew();
            await using var program = await ServedProgram.StartWithModelsAsync("--Models:Folders:0", folder, "--Models:Base", RandomT5.Id);
            using var client = new HttpClient { BaseAddress = program.Address };
            while (!(await client.GetAsync("/health/ready")).IsSuccessStatusCode)
            {
                await Task.Delay(20);
            }

            seconds.Add(began.Elapsed.TotalSeconds);
        }

        Line();
        var shown = seconds.Select(one => one.ToString("0.0", CultureInfo.InvariantCulture));
        Line($"Start to READY with the large model: {string.Join(" and ", shown)} s.");
    }

    static void Line(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));

    static void Line(string line = "") => Console.WriteLine(line);

    /// <summary>The figures of one precision, with those of memory and processor from the same minute.</summary>
    /// <param name="decoder">Bytes of a number of the decoder's matrices.</param>
    /// <param name="head">Of the head's.</param>
    sealed class Kind(TokenClock clock, int decoder, int head)
    {
        readonly Dictionary<int, List<double>> _tokens = Few.ToDictionary(rows => rows, _ => new List<double>());
        readonly List<double> _reads = [], _firsts = [], _ceilings = [];

        public TokenClock Clock => clock;

        public string Name => clock.Name;

        public double Read => Timed.Median(_reads);

        public double First => Timed.Median(_firsts);

        public double Token(int rows) => Timed.Median(_tokens[rows]);

        public void Measure(Tensor all)
        {
            using var scope = NewDisposeScope();
            var same = all.narrow(0, 0, clock.Bytes(decoder, head) / sizeof(float));
            foreach (var rows in Few)
            {
                _tokens[rows].AddRange(clock.Time(rows));
                _reads.AddRange(Enumerable.Range(0, 4).Select(_ => Timed.Seconds(() => same.sum().Dispose())));
            }

            _firsts.Add(clock.TimeFirst(LargeWork.Inputs[2]));
            _ceilings.Add(LargeArithmetic.Ceiling(clock.Model.ComputeType));
        }

        /// <summary>Seconds of the products of an input of so many tokens at the ceiling, and of one token.</summary>
        public double Least(int tokens) => (LargeArithmetic.Reading(RandomT5.Large, tokens) / Timed.Median(_ceilings)) + Token(1);
    }
}
