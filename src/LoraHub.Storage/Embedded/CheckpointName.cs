namespace LoraHub.Storage.Embedded;

static class CheckpointName
{
    const int Longest = 128;

    /// <summary>Whether an id can name a checkpoint: lower-case letters, digits and hyphens. Nothing else becomes part of a path.</summary>
    public static bool IsValid(string trainingId) =>
        trainingId.Length is > 0 and <= Longest
        && trainingId.All(letter => char.IsAsciiLetterLower(letter) || char.IsAsciiDigit(letter) || letter is '-');

    /// <exception cref="ArgumentException">The id cannot name a checkpoint.</exception>
    public static void Check(string trainingId)
    {
        if (!IsValid(trainingId))
        {
            throw new ArgumentException($"`{trainingId}` cannot name a checkpoint.", nameof(trainingId));
        }
    }
}
