namespace LoraHub.Core.Predictions;

/// <summary>What a finished prediction may lose when it is no longer to be kept; its record stays.</summary>
[Flags]
public enum DataParts
{
    None = 0,

    /// <summary>The inputs as the client gave them.</summary>
    Inputs = 1,

    Logs = 2,

    /// <summary>The output and the files it names.</summary>
    Results = 4,

    All = Inputs | Logs | Results,
}
