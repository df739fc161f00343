using LoraHub.Core.Predictions;

namespace LoraHub.Storage.Records;

/// <summary>An event in the table <c>events</c>.</summary>
sealed class EventRow
{
    public required string PredictionId { get; init; }

    public required long Sequence { get; init; }

    public required DateTimeOffset At { get; init; }

    /// <summary>The part of the prediction that <see cref="Data"/> belongs to; <see cref="DataParts.None"/> if retention never removes it.</summary>
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
            PredictionEvent.Logged or PredictionEvent.Progressed => DataParts.Logs,
            PredictionEvent.Generated or PredictionEvent.Answered => DataParts.Results,
            PredictionEvent.Unknown => DataParts.All, // it may hold any of them
            _ => DataParts.None,
        },
        Data = RecordJson.Write(recorded.Event),
    };

    public RecordedEvent ToRecorded() => new(Sequence, At, RecordJson.Read<PredictionEvent>(Data));
}

/// <summary>A blob that a prediction's output refers to, in the table <c>results</c>.</summary>
sealed class ResultRow
{
    public required string Digest { get; init; }

    public required string PredictionId { get; init; }
}
