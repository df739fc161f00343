using System.Text.Encodings.Web;
using System.Text.Json;

namespace LoraHub.Core.Trainings;

/// <summary>The stored form of training data: UTF-8, one JSON object with <c>input</c> and <c>target</c> on each line.</summary>
public static class TrainingLines
{
    /// <summary>The names of files in the folder of a training.</summary>
    public const string TrainFile = "train.jsonl", ValidationFile = "validation.jsonl", StartFile = "start.zip";

    static readonly JsonSerializerOptions Options =
        new(JsonSerializerDefaults.Web) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes one line.</summary>
    public static void Write(Stream stream, TrainingExample example)
    {
        JsonSerializer.Serialize(stream, example, Options);
        stream.WriteByte((byte)'\n');
    }

    /// <summary>Reads one line, without its line feed.</summary>
    public static TrainingExample Read(ReadOnlySpan<byte> line) => JsonSerializer.Deserialize<TrainingExample>(line, Options)!;
}
