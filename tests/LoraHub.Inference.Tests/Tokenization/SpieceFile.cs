using Google.Protobuf;

namespace LoraHub.Inference.Tests.Tokenization;

/// <summary>Writes a temporary folder with a small <c>spiece.model</c>.</summary>
sealed class SpieceFile : IDisposable
{
    const uint LengthDelimited = 2;
    const uint Varint = 0;
    const uint Float = 5;

    public string Folder { get; } = Directory.CreateTempSubdirectory("lorahub-tokenizer-").FullName;

    public string ModelPath => Path.Combine(Folder, "spiece.model");

    /// <summary>T5's three special pieces, then these; T5's kind of model by default.</summary>
    public static SpieceFile With(IEnumerable<(string Text, float Score)> pieces, string endOfSequence = "</s>", int algorithm = 1)
    {
        (string, float, int)[] all =
            [("<pad>", 0, 3), (endOfSequence, 0, 3), ("<unk>", 0, 2), .. pieces.Select(piece => (piece.Text, piece.Score, 1))];

        return WithBytes(Message(model =>
        {
            foreach (var piece in all)
            {
                WriteBytes(model, 1, PieceMessage(piece));
            }

            WriteBytes(model, 2, Message(trainer => WriteNumber(trainer, 3, algorithm)));
        }));
    }

    public static SpieceFile WithBytes(byte[] bytes)
    {
        var file = new SpieceFile();
        File.WriteAllBytes(file.ModelPath, bytes);
        return file;
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);

    static byte[] PieceMessage((string Text, float Score, int Type) piece) => Message(output =>
    {
        output.WriteTag((1 << 3) | LengthDelimited);
        output.WriteString(piece.Text);
        output.WriteTag((2 << 3) | Float);
        output.WriteFloat(piece.Score);
        WriteNumber(output, 3, piece.Type);
    });

    static void WriteBytes(CodedOutputStream output, uint field, byte[] bytes)
    {
        output.WriteTag((field << 3) | LengthDelimited);
        output.WriteBytes(ByteString.CopyFrom(bytes));
    }

    static void WriteNumber(CodedOutputStream output, uint field, int number)
    {
        output.WriteTag((field << 3) | Varint);
        output.WriteInt32(number);
    }

    static byte[] Message(Action<CodedOutputStream> write)
    {
        using var stream = new MemoryStream();
        using var output = new CodedOutputStream(stream);
        write(output);
        output.Flush();
        return stream.ToArray();
    }
}
