using System.Text.Json.Nodes;
using BenchmarkDotNet.Attributes;
using LoraHub.Core.Predictions.Inputs;
using LoraHub.Inference.Tokenization;
using LoraHub.Modules.Folders;

namespace LoraHub.Bench.Micro;

/// <summary>Encodes and decodes the example inputs of the default request.</summary>
public class TokenizerBenchmark
{
    const int Tokens = 392; // of all inputs, including their end tokens

    T5Tokenizer _tokenizer = null!;
    IReadOnlyList<string> _texts = [];
    int[][] _ids = [];

    [GlobalSetup]
    public void Load()
    {
        _tokenizer = T5Tokenizer.Load(Path.Combine(Repository.Root, "models", new ModelsOptions().Base));
        _texts = InputParser.Parse(new JsonObject()).Input!.ExampleInputs;
        _ids = [.. _texts.Select(text => _tokenizer.Encode(text).Ids.ToArray())];
        if (_ids.Sum(ids => ids.Length) is var tokens and not Tokens)
        {
            throw new InvalidOperationException($"The default inputs have {tokens} tokens; expected {Tokens}.");
        }
    }

    [Benchmark(OperationsPerInvoke = Tokens)]
    public int EncodeToken()
    {
        var tokens = 0;
        foreach (var text in _texts)
        {
            tokens += _tokenizer.Encode(text).Ids.Length;
        }

        return tokens;
    }

    [Benchmark(OperationsPerInvoke = Tokens)]
    public int DecodeToken()
    {
        var characters = 0;
        foreach (var ids in _ids)
        {
            characters += _tokenizer.Decode(ids).Length;
        }

        return characters;
    }
}
