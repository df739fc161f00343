namespace LoraHub.Api.Predictions;

/// <summary>Creates the URLs of a prediction's files: <c>{origin}/results/{digest}/{file}</c> (docs/adr/0002).</summary>
/// <param name="origin">See <see cref="Core.Predictions.CreatedPrediction.Origin"/>.</param>
sealed class ResultUrls(string origin)
{
    public const string Adapter = "adapter.zip", Checkpoint = "checkpoint.zip", Trace = "trace.json";

    /// <returns>Null without a digest.</returns>
    public string? Of(string? digest, string file) => digest is null ? null : $"{origin}/results/{digest}/{file}";
}
