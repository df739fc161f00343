using System.Security.Cryptography;

namespace LoraHub.Core.Predictions;

/// <summary>Generates ids of predictions.</summary>
public static class PredictionId
{
    const string Base32 = "abcdefghijklmnopqrstuvwxyz234567";

    const int Length = 26;

    /// <summary>26 lower-case base32 characters: 130 random bits, as Replicate's.</summary>
    public static string New() => RandomNumberGenerator.GetString(Base32, Length);
}
