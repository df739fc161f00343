using LoraHub.Core.Predictions;
using LoraHub.Core.Telemetry;

namespace LoraHub.Inference.Generation;

/// <summary>The answer to a prompt while it is generated: its text goes to the progress piece by piece.</summary>
sealed class TextAnswer(LoadedPrompt prompt, IPredictionProgress progress, TimeProvider time)
{
    readonly TextStream _text = new(prompt.Base.Tokenizer, prompt.Plan.Input.Stop);
    int _tokens;
    TimeSpan? _first;

    /// <summary>Takes a step's tokens.</summary>
    /// <returns>Whether a stop text ended the answer.</returns>
    public bool Receive(DecodingStep step)
    {
        if (step.Settled.Count > 0)
        {
            _first ??= time.GetElapsedTime(prompt.Start);
        }

        var piece = "";
        foreach (var token in step.Settled)
        {
            if (!_text.IsStopped)
            {
                _tokens++;
                piece += _text.Append(token);
            }
        }

        Report(step.IsEnded && !_text.IsStopped ? piece + _text.Complete() : piece);
        return _text.IsStopped;
    }

    /// <summary>Reports the figures of a complete answer.</summary>
    /// <param name="inputTokens">Of the prompt.</param>
    public void Complete(int inputTokens)
    {
        Instruments.CountGeneratedTokens(_tokens);
        progress.Measure("input_token_count", inputTokens);
        progress.Measure("output_token_count", _tokens);
        if (_first is { } first)
        {
            progress.Measure("time_to_first_token", first.TotalSeconds);
        }

        progress.Measure("tokens_per_second", _tokens / time.GetElapsedTime(prompt.Start).TotalSeconds);
    }

    void Report(string piece)
    {
        if (piece.Length > 0)
        {
            progress.Generated(piece);
        }
    }
}
