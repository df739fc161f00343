using Google.Protobuf;

namespace LoraHub.Inference.Tokenization;

enum PieceType
{
    Normal = 1,
    Unknown = 2,
}

readonly record struct Piece(string Text, double Score, PieceType Type);

/// <summary>The parts of a <c>spiece.model</c> that a tokenizer needs: the pieces in the order of their ids, and the character map.</summary>
sealed record SentencePieceModel(IReadOnlyList<Piece> Pieces, byte[] CharacterMap)
{
    // Field numbers of sentencepiece_model.proto, shifted over their wire types (2 length-delimited, 0 varint, 5 four bytes).
    const uint ModelPiece = (1 << 3) | 2;
    const uint ModelTrainer = (2 << 3) | 2;
    const uint ModelNormalizer = (3 << 3) | 2;
    const uint PieceText = (1 << 3) | 2;
    const uint PieceScore = (2 << 3) | 5;
    const uint PieceKind = (3 << 3) | 0;
    const uint TrainerAlgorithm = (3 << 3) | 0;
    const uint NormalizerCharacterMap = (2 << 3) | 2;
    const int Unigram = 1;

    /// <exception cref="InvalidDataException">The file is not a SentencePiece Unigram model; the message names it.</exception>
    public static SentencePieceModel Read(string path)
    {
        try
        {
            return Parse(new CodedInputStream(File.ReadAllBytes(path)));
        }
        catch (Exception exception) when (exception is InvalidProtocolBufferException or InvalidDataException)
        {
            throw new InvalidDataException($"{Path.GetFileName(path)} is not a SentencePiece Unigram model: {exception.Message}", exception);
        }
    }

    static SentencePieceModel Parse(CodedInputStream input)
    {
        var pieces = new List<Piece>();
        byte[] characterMap = [];

        for (var tag = input.ReadTag(); tag != 0; tag = input.ReadTag())
        {
            switch (tag)
            {
                case ModelPiece:
                    pieces.Add(ParsePiece(Message(input)));
                    break;
                case ModelTrainer:
                    CheckTrainer(Message(input));
                    break;
                case ModelNormalizer:
                    characterMap = ParseNormalizer(Message(input));
                    break;
                default:
                    input.SkipLastField();
                    break;
            }
        }

        return pieces.Count(piece => piece.Type == PieceType.Unknown) == 1
            ? new SentencePieceModel(pieces, characterMap)
            : throw new InvalidDataException($"exactly one of its {pieces.Count} pieces must be the unknown piece.");
    }

    static Piece ParsePiece(CodedInputStream input)
    {
        var piece = new Piece("", 0, PieceType.Normal);
        for (var tag = input.ReadTag(); tag != 0; tag = input.ReadTag())
        {
            switch (tag)
            {
                case PieceText:
                    piece = piece with { Text = input.ReadString() };
                    break;
                case PieceScore:
                    piece = piece with { Score = input.ReadFloat() };
                    break;
                case PieceKind:
                    piece = piece with { Type = (PieceType)input.ReadEnum() };
                    break;
                default:
                    input.SkipLastField();
                    break;
            }
        }

        return piece;
    }

    static void CheckTrainer(CodedInputStream input)
    {
        for (var tag = input.ReadTag(); tag != 0; tag = input.ReadTag())
        {
            if (tag != TrainerAlgorithm)
            {
                input.SkipLastField();
            }
            else if (input.ReadEnum() != Unigram)
            {
                throw new InvalidDataException("it was not trained as a Unigram model.");
            }
        }
    }

    static byte[] ParseNormalizer(CodedInputStream input)
    {
        byte[] characterMap = [];
        for (var tag = input.ReadTag(); tag != 0; tag = input.ReadTag())
        {
            if (tag == NormalizerCharacterMap)
            {
                characterMap = input.ReadBytes().ToByteArray();
            }
            else
            {
                input.SkipLastField();
            }
        }

        return characterMap;
    }

    static CodedInputStream Message(CodedInputStream input) => input.ReadBytes().CreateCodedInput();
}
