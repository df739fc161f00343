namespace LoraHub.Web.Predictions;

/// <summary>Ids of runs as pages show them. Clients may choose an id, of any length and with any characters.</summary>
public static class RunId
{
    const int Shown = 8;

    public static string Short(string id) => id.Length <= Shown ? id : id[..Shown];

    /// <summary>The path of a prediction's page.</summary>
    public static string Path(string id) => $"/predictions/{Uri.EscapeDataString(id)}";
}
