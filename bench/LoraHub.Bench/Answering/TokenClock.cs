using System.Diagnostics;

using LoraHub.Bench.Large;
using LoraHub.Inference.T5;

using static TorchSharp.torch;

namespace LoraHub.Bench.Answering;

/// <summary>Times the tokens of greedy answers to the large work's inputs. Owns its model.</summary>
sealed class TokenClock : IDisposable
{
    const int Tokens = 24;

    // The inputs read at once.
    const int Together = 5;

    readonly List<AnswerMemory> _memories = [];
    readonly Tensor _positions;

    /// <param name="rows">The most rows that are answered together.</param>
    public TokenClock(string folder, string name, ScalarType type, bool roundsAnswers, int rows)
    {
        Name = name;
        Model = T5Model.Load(folder, CPU, _ => type, roundsAnswers);
        _positions = Model.AnswerPositions(Tokens).DetachFromDisposeScope();
        for (var first = 0; first < rows; first += Together)
        {
            using var scope = NewDisposeScope();
            using var inputs = Model.Inputs([.. LargeWork.Inputs.Take(rows - first)]);
            _memories.AddRange(Model.Read(inputs, null));
        }
    }

    public string Name { get; }

    public T5Model Model { get; }

    /// <summary>
    /// The bytes of the matrices that a token reads: the decoder's, without those that only project the encoder's states, and the head.
    /// </summary>
    /// <param name="decoder">Bytes of a number.</param>
    /// <param name="head">The same in the head.</param>
    public long Bytes(long decoder, long head)
    {
        var config = Model.Config;
        long d = config.DModel, inner = config.NumHeads * config.DKv;
        return (decoder * config.DecoderLayers * ((6 * inner * d) + (3L * config.DFf * d))) + (head * config.VocabSize * d);
    }

    /// <returns>Seconds of each of some tokens.</returns>
    public IReadOnlyList<double> Time(int rows, int tokens = Tokens)
    {
        AnswerRow[] answering = [.. _memories.Take(rows).Select(memory => new AnswerRow(memory, tokens))];
        var (seconds, next) = (new List<double>(), new int[rows]);
        for (var token = 0; token < tokens; token++)
        {
            var clock = Stopwatch.StartNew();
            next = Next(answering, next);
            seconds.Add(clock.Elapsed.TotalSeconds);
        }

        Array.ForEach(answering, row => row.Dispose());
        return seconds;
    }

    /// <returns>Seconds from the token ids of an input to the first token of its answer.</returns>
    public double TimeFirst(int[] input)
    {
        var clock = Stopwatch.StartNew();
        using var scope = NewDisposeScope();
        using var inputs = Model.Inputs([input]);
        var memory = Model.Read(inputs, null)[0];
        using var row = new AnswerRow(memory, Tokens);
        memory.Return();
        Next([row], [Model.Generation.StartTokenId]);
        return clock.Elapsed.TotalSeconds;
    }

    public void Dispose()
    {
        _memories.ForEach(memory => memory.Return());
        _positions.Dispose();
        Model.Dispose();
    }

    int[] Next(AnswerRow[] rows, int[] last)
    {
        using var scope = NewDisposeScope();
        return [.. Model.Answer(last, rows, _positions, null).argmax(-1).data<long>().ToArray().Select(id => (int)id)];
    }
}
