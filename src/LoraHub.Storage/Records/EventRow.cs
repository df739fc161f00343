using LoraHub.Core.Predictions;

namespace LoraHub.Storage.Records;

/// <summary>An event in the table <c>events</c>.</summary>
sealed class EventRow
{
    public required string PredictionId { get; init; }

    public required long Sequence { get; init; }

    public required DateTimeOffset At { get; init; }

    /// <summary>What <see cref="Data"/> holds that may be removed one day; <see cref="DataParts.None"/> for what stays.</summary>
    public required DataParts Part { get; init; }

    /// <summary>JSON.</summary>
    public required string Data { get; init; }

    public static EventRow From(string predictionId, RecordedEvent recorded) => new()
    {
        PredictionId = predictionId,
        Sequence = recorded.Sequence,
        At = recorded.At,
        Part = recorded.Event switch
        {
            PredictionEvent.Logged => DataParts.Logs,
            PredictionEvent.Answered => DataParts.Results,
            _ => DataParts.None,
        },
        Data = RecordJson.Write(recorded.Event),
    };

    public RecordedEvent ToRecorded() => new(Sequence, At, RecordJson.Read<PredictionEvent>(Data));
}

/// <summary>That a prediction's output names a blob, in the table <c>results</c>.</summary>
sealed class ResultRow
{
    public required string Digest { get; init; }

    public required string PredictionId { get; init; }
}
