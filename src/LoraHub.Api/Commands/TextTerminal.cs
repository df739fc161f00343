namespace LoraHub.Api.Commands;

/// <summary>
/// Writes a text to standard output as it is generated, and log lines to standard error: before the text or after it, not in the middle of its lines.
/// With JSON, only the log is written.
/// </summary>
sealed class TextTerminal(Output output)
{
    readonly List<string> _held = [];
    int _length;
    bool _endsLine = true;

    /// <summary>Writes what a piece adds to the text. Control characters but tabs and line breaks become spaces: they could be commands to the
    /// terminal.</summary>
    /// <param name="start">The number of characters before the piece. A second attempt starts at 0 again.</param>
    public void Write(int start, string piece)
    {
        var added = piece[Math.Clamp(_length - start, 0, piece.Length)..];
        _length += added.Length;
        if (added.Length > 0 && !output.IsJson)
        {
            Console.Out.Write(string.Join('\n', added.Split('\n').Select(line => string.Join('\t', line.Split('\t').Select(Output.Sanitize)))));
            _endsLine = added[^1] == '\n';
        }
    }

    /// <summary>Writes what a piece adds at the end.</summary>
    public void Write(string piece) => Write(_length, piece);

    /// <param name="lines">Lines of a log.</param>
    public void Log(string lines)
    {
        foreach (var line in lines.TrimEnd('\n').Split('\n'))
        {
            if (_length > 0 && !output.IsJson)
            {
                _held.Add(line);
            }
            else
            {
                Output.Note(line);
            }
        }
    }

    /// <summary>Ends the text's last line and writes the log lines that were held back.</summary>
    public void End()
    {
        if (!_endsLine)
        {
            Console.Out.WriteLine();
            _endsLine = true;
        }

        _held.ForEach(Output.Note);
        _held.Clear();
    }
}
