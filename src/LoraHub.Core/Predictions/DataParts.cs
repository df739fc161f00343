namespace LoraHub.Core.Predictions;

/// <summary>Data of a finished prediction that retention may remove; its record stays.</summary>
[Flags]
public enum DataParts
{
    None = 0,

    /// <summary>The client's inputs.</summary>
    Inputs = 1,

    Logs = 2,

    /// <summary>The output and its files.</summary>
    Results = 4,

    All = Inputs | Logs | Results,
}
