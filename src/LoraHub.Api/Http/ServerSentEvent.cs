using System.Text;

namespace LoraHub.Api.Http;

/// <summary>One event of a <c>text/event-stream</c>.</summary>
readonly record struct ServerSentEvent(string Name, string Data, string? Id = null)
{
    /// <summary>Formats the event for the wire. Lines end in LF only: Replicate's Go client supports nothing else.</summary>
    public string Format()
    {
        var text = new StringBuilder().Append("event: ").Append(Name).Append('\n');
        if (Id is not null)
        {
            text.Append("id: ").Append(Id).Append('\n');
        }

        foreach (var line in Data.ReplaceLineEndings("\n").Split('\n'))
        {
            text.Append("data: ").Append(line).Append('\n');
        }

        return text.Append('\n').ToString();
    }
}
